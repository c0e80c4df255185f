/** Where a version keeps sessions and transcripts: files of JSON lines, or a SQLite database for each agent. */
export type SessionStorage = 'jsonl' | 'sqlite';

/** How the versions differ. */
export interface Dialect {
  retry: boolean;
  channelHeartbeat: boolean;
  streaming: (mode: 'partial') => 'partial' | { mode: 'partial' };
  retired: Record<string, string>;
  storage: SessionStorage;
  /** Whether plugins are TypeScript, which the gateway transpiles at its first start. */
  transpiles: boolean;
}

const partial = (mode: 'partial') => ({ mode });

/**
 * What OpenClaw is like from each of these versions on. 2026.3.13 takes every setting of the contract's channel tables.
 * 2026.3.22 ships compiled plugins. 2026.4.7 wants `streaming` as an object. 2026.8.1 refuses `retry` and
 * `channels.defaults.heartbeat` and keeps sessions in SQLite. 2026.9.6 refuses models that their makers have shut down
 * (`retired`: by name, what is used instead).
 */
const dialects = {
  '2026.3.13': { retry: true, channelHeartbeat: true, streaming: (mode) => mode, retired: {}, storage: 'jsonl', transpiles: true },
  '2026.3.22': { retry: true, channelHeartbeat: true, streaming: (mode) => mode, retired: {}, storage: 'jsonl', transpiles: false },
  '2026.4.7': { retry: true, channelHeartbeat: true, streaming: partial, retired: {}, storage: 'jsonl', transpiles: false },
  '2026.8.1': { retry: false, channelHeartbeat: false, streaming: partial, retired: {}, storage: 'sqlite', transpiles: false },
  '2026.9.6': {
    retry: false,
    channelHeartbeat: false,
    streaming: partial,
    retired: { 'google/gemini-2.0-flash': 'gemini-2.5-flash' },
    storage: 'sqlite',
    transpiles: false,
  },
} satisfies Record<string, Dialect>;

export type KnownVersion = keyof typeof dialects;

/** The versions that are known, oldest first. */
export const knownVersions = Object.keys(dialects) as [KnownVersion, ...KnownVersion[]];

/** Releases are named by date; a suffix (`-1`, `-beta.2`) does not matter here. */
function numberOf(version: string): number | null {
  const [, year, month, day] = /^v?(\d{4})\.(\d{1,2})\.(\d{1,3})(?:\D|$)/.exec(version) ?? [];
  return year ? Number(year) * 1e6 + Number(month) * 1e3 + Number(day) : null;
}

/** Whether a version's name says which release it is. */
export const isRelease = (version: string): boolean => numberOf(version) !== null;

/** The known version that a configuration for `version` is built as: the nearest older one, else the oldest. */
export function nearestKnown(version: string): KnownVersion {
  const [oldest] = knownVersions;
  const wanted = numberOf(version);
  return knownVersions.findLast((known) => wanted !== null && (numberOf(known) ?? 0) <= wanted) ?? oldest;
}

/** How a configuration for `version` is written. */
export const dialectOf = (version: string): Dialect => dialects[nearestKnown(version)];

/** Where an agent of a version keeps its sessions; `null` when the version's name is no release. */
export const storageOf = (version: string | null): SessionStorage | null =>
  version !== null && isRelease(version) ? dialectOf(version).storage : null;

/**
 * Whether a version can read what another one has written. OpenClaw imports files into its database, and no version reads
 * a database back into files; a version whose name is no release may be either.
 */
export function canReadStorage(version: string | null, writtenBy: string | null): boolean {
  return storageOf(writtenBy) !== 'sqlite' || storageOf(version) === 'sqlite';
}
