import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

const file = path.join(import.meta.dirname, '../../docs/openclaw-versions.md');
const [begin, end] = ['<!-- Written by `pnpm versions`. -->', '<!-- End of the matrix. -->'];

export type Cell = 'yes' | 'no' | '–';

/** The cells of the matrix: feature → version → whether it passed. `–`: there is nothing to try. */
export type Matrix = Map<string, Map<string, Cell>>;

/** A Markdown table, padded as Biome formats it. */
function tableOf(heads: string[], rows: string[][]): string {
  const widths = heads.map((_head, column) => Math.max(...[heads, ...rows].map((cells) => cells[column]?.length ?? 0)));
  const line = (cells: string[]) => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(heads), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

/** The cells of the table in a document, by feature and version. */
function readTable(table: string): Matrix {
  const [heads = [], , ...rows] = table
    .trim()
    .split('\n')
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  return new Map(rows.map(([feature = '', ...cells]) => [feature, new Map(cells.map((cell, i) => [heads[i + 1] ?? '', cell as Cell]))]));
}

/** Writes what a run tried into docs/openclaw-versions.md. Cells that it did not try stay. @param versions all columns, in order */
export async function writeMatrix(tried: Matrix, versions: readonly string[]): Promise<void> {
  const text = await readFile(file, 'utf8');
  const [before, after] = [text.indexOf(begin), text.indexOf(end)];
  if (before < 0 || after < before) throw new Error('docs/openclaw-versions.md does not mark the place of its matrix');
  const known = readTable(text.slice(before + begin.length, after));
  const rows = [...tried].map(([feature, cells]) => [
    feature,
    ...versions.map((version) => cells.get(version) ?? known.get(feature)?.get(version) ?? ''),
  ]);
  const matrix = tableOf(['feature', ...versions], rows);
  await writeFile(file, `${text.slice(0, before + begin.length)}\n\n${matrix}\n\n${text.slice(after)}`);
}
