/** How a version stores sessions and transcripts: as files of JSON lines, or in one SQLite database per agent. */
export type SessionStorage = 'jsonl' | 'sqlite';

/** The differences between OpenClaw versions. */
export interface Dialect {
  /** Whether channels accept the setting `retry`. */
  retry: boolean;
  /** Whether `channels.defaults` accepts the setting `heartbeat`. */
  channelHeartbeat: boolean;
  /** Builds the channel setting `streaming`. */
  streaming: (mode: 'partial') => 'partial' | { mode: 'partial' };
  /** Refused models (`provider/model`) and the model of the same provider that replaces each. */
  retired: Record<string, string>;
  storage: SessionStorage;
  /** Whether plugins are TypeScript, which the gateway transpiles at its first start. */
  transpiles: boolean;
}

const partial = (mode: 'partial') => ({ mode });

/**
 * The dialect from each of these versions on. 2026.3.13 accepts every setting of the contract's channel tables. 2026.3.22
 * ships compiled plugins. 2026.4.7 requires `streaming` as an object. 2026.8.1 refuses `retry` and
 * `channels.defaults.heartbeat` and stores sessions in SQLite. 2026.9.6 refuses models that their providers have retired.
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

/** The known versions, oldest first. */
export const knownVersions = Object.keys(dialects) as [KnownVersion, ...KnownVersion[]];

/** A release's date as a sortable number, without its suffix (`-1`, `-beta.2`); null when the version is no release. */
function numberOf(version: string): number | null {
  const [, year, month, day] = /^v?(\d{4})\.(\d{1,2})\.(\d{1,3})(?:\D|$)/.exec(version) ?? [];
  return year ? Number(year) * 1e6 + Number(month) * 1e3 + Number(day) : null;
}

/** Tells whether a version's name is that of a release, which contains its date. */
export const isRelease = (version: string): boolean => numberOf(version) !== null;

/** The known version whose dialect `version` uses: the nearest older one, otherwise the oldest. */
export function nearestKnown(version: string): KnownVersion {
  const [oldest] = knownVersions;
  const date = numberOf(version);
  return knownVersions.findLast((known) => date !== null && (numberOf(known) ?? 0) <= date) ?? oldest;
}

/** The dialect of a version, known or not. */
export const dialectOf = (version: string): Dialect => dialects[nearestKnown(version)];

/** The session storage of a version; `null` when the version is no release. */
export const storageOf = (version: string | null): SessionStorage | null =>
  version !== null && isRelease(version) ? dialectOf(version).storage : null;

/**
 * Tells whether a version can read sessions that another version has written. OpenClaw imports files into its database, but
 * no version converts a database back to files. A version that is no release cannot be assumed to read a database.
 */
export function canReadStorage(version: string | null, writtenBy: string | null): boolean {
  return storageOf(writtenBy) !== 'sqlite' || storageOf(version) === 'sqlite';
}
