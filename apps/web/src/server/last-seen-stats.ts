import type { LastSeenStats, LiveStats } from '@agentbot/contracts';

interface Seen {
  at: string;
  stats: LiveStats['stats'];
}

/** How many agents' figures are remembered; the oldest goes first. */
const MOST = 1_000;
const seen = new Map<string, Seen>();
const key = (userId: string, agentId: string) => `${userId} ${agentId}`;

/** Remembers what the backend said of an agent to its owner. */
export function rememberStats(userId: string, agentId: string, { stats }: LiveStats): void {
  seen.delete(key(userId, agentId));
  seen.set(key(userId, agentId), { at: new Date().toISOString(), stats });
  const [oldest] = seen.keys();
  if (seen.size > MOST && oldest) seen.delete(oldest);
}

/** The contract's answer while the backend is away: what this user last saw of the agent, `null` for what nobody knows. */
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
