const DAY_MS = 24 * 3_600_000;

/** The calls of one day. */
export interface Day {
  /** Such as `2026-11-28`, in UTC. */
  date: string;
  requests: number;
  inputTokens: number;
  cachedTokens: number;
  outputTokens: number;
  costUsd: number;
}

const withoutCalls = { requests: 0, inputTokens: 0, cachedTokens: 0, outputTokens: 0, costUsd: 0 };

/**
 * The last `count` days, oldest first, with zeros for those without calls.
 * @param known days with calls, oldest first
 * @param now milliseconds; if this clock is behind the server's, the last known day counts as today
 */
export function fillDays(known: readonly Day[], count: number, now: number): Day[] {
  const byDate = new Map(known.map((day) => [day.date, day]));
  const today = Math.max(now, Date.parse(known.at(-1)?.date ?? '') || 0);
  return Array.from({ length: count }, (_, index) => {
    const date = new Date(today - (count - 1 - index) * DAY_MS).toISOString().slice(0, 10);
    return byDate.get(date) ?? { date, ...withoutCalls };
  });
}
