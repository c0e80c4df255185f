import { factsOf, knownVersions, type VersionFacts } from './versions.ts';

const columns: Record<string, (facts: VersionFacts) => string> = {
  'Node.js': ({ node }) => node,
  'bundled channels': ({ bundledChannels }) => bundledChannels.join(', '),
  'added as packages': ({ addedChannels }) => addedChannels.join(', ') || 'none',
  sessions: ({ storage }) => (storage === 'sqlite' ? 'SQLite' : 'JSON lines'),
  'memory idle / at least': ({ memory }) => `${memory.idleMiB} / ${memory.minimumMiB} MiB`,
  ready: ({ readySeconds }) => `${readySeconds} s`,
  'after SIGTERM': ({ drainSeconds }) => `${drainSeconds} s`,
};
const remarks = ({ knownBad, notes }: VersionFacts) => [...(knownBad ? [`**Known bad.** ${knownBad}`] : []), ...notes].join(' ');

/** The facts of all known versions as a Markdown table, padded as Biome formats it. A cell that would repeat the one above it is empty. */
export function versionsTable(): string {
  const heads = ['version', ...Object.keys(columns), 'remarks'];
  const rows = knownVersions.map((version, index) => {
    const [facts, before] = [factsOf(version), index > 0 ? factsOf(knownVersions[index - 1] ?? '') : undefined];
    const cells = Object.values(columns).map((cell) => (before && cell(before) === cell(facts) ? '' : cell(facts)));
    return [version, ...cells, remarks(facts)];
  });
  const widths = heads.map((_head, column) => Math.max(...[heads, ...rows].map((cells) => cells[column]?.length ?? 0)));
  const line = (cells: string[]) => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(heads), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
