/** How the versions differ. */
export interface Dialect {
  retry: boolean;
  channelHeartbeat: boolean;
  streaming: (mode: 'partial') => 'partial' | { mode: 'partial' };
  retired: Record<string, string>;
}

/**
 * What OpenClaw's configuration is like at the versions that the builder knows. 2026.3.13 takes every setting of the
 * contract's channel tables; 2026.9.6 retries and shows its heartbeat in its own way, and refuses those keys and models
 * that their makers have shut down (`retired`: by name, what is used instead).
 */
const dialects = {
  '2026.3.13': { retry: true, channelHeartbeat: true, streaming: (mode) => mode, retired: {} },
  '2026.9.6': {
    retry: false,
    channelHeartbeat: false,
    streaming: (mode) => ({ mode }),
    retired: { 'google/gemini-2.0-flash': 'gemini-2.5-flash' },
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

/** The known version that a configuration for `version` is built as: the nearest older one, else the oldest. */
export function nearestKnown(version: string): KnownVersion {
  const [oldest] = knownVersions;
  const wanted = numberOf(version);
  return knownVersions.findLast((known) => wanted !== null && (numberOf(known) ?? 0) <= wanted) ?? oldest;
}

/** How a configuration for `version` is written. */
export const dialectOf = (version: string): Dialect => dialects[nearestKnown(version)];
