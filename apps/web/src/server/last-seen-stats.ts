import type { LastSeenStats, LiveStats } from '@agentbot/contracts';

interface Seen {
  at: string;
  stats: LiveStats['stats'];
}

/** Above this number the oldest entry is evicted. */
const MAX_ENTRIES = 1_000;
const seen = new Map<string, Seen>();
const key = (userId: string, agentId: string) => `${userId} ${agentId}`;

/** Stores the latest stats of an agent for its owner. */
export function rememberStats(userId: string, agentId: string, { stats }: LiveStats): void {
  seen.delete(key(userId, agentId));
  seen.set(key(userId, agentId), { at: new Date().toISOString(), stats });
  const [oldest] = seen.keys();
  if (seen.size > MAX_ENTRIES && oldest) seen.delete(oldest);
}

/** The response while the backend is unavailable: the stats that this user last saw, `null` for those they never saw. */
export function lastSeenStats(userId: string, agentId: string): LastSeenStats {
  const last = seen.get(key(userId, agentId));
  return {
    stats: {
      agentId,
      messagesProcessed: last?.stats.messagesProcessed ?? null,
      messagesPerHour: last?.stats.messagesPerHour ?? null,
      averageResponseTime: last?.stats.averageResponseTime ?? null,
      uptime: last?.stats.uptime ?? null,
      successRate: last?.stats.successRate ?? null,
      errorRate: last?.stats.errorRate ?? null,
      timestamp: last?.at ?? null,
    },
    status: 'mock',
  };
}
