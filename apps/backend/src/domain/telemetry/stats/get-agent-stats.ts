import type { LiveStats } from '@agentbot/contracts';
import { type Actor, tenantOf } from '../../../shared/actor.ts';
import type { Context } from '../../context.ts';
import { getInstanceStats } from './get-instance-stats.ts';

/** A message on a channel without an answer counts as failed once it is this old. */
const ANSWER_WITHIN_MS = 2 * 60_000;
/** Rates and times are those of so many messages, the last ones: an agent's history has no end. */
const RATED = 2_000;

interface Counts {
  processed: number;
  lastHour: number;
  settled: number;
  answered: number;
  /** Milliseconds; null before the first reply. */
  averageMs: number | null;
}

/** What an agent did with what it was told, from the stored messages alone. */
async function messageFigures({ database }: Pick<Context, 'database'>, actor: Actor, agentId: string) {
  const deadline = new Date(Date.now() - ANSWER_WITHIN_MS);
  const hourAgo = new Date(Date.now() - 3_600_000);
  const [row] = await database.as(
    tenantOf(actor),
    (tx) => tx.$queryRaw<Counts[]>`
      WITH recent AS (
        SELECT * FROM messages WHERE agent_id = ${agentId} ORDER BY seq DESC LIMIT ${RATED}
      ), paired AS (
        SELECT m.sender, m.created_at, r.id AS reply_id, r.state, a.created_at AS replied_at,
          lead(m.sender) OVER w AS next_sender, lead(m.created_at) OVER w AS next_at
        FROM recent m LEFT JOIN replies r ON r.id = m.id LEFT JOIN messages a ON a.id = r.message_id
        WINDOW w AS (PARTITION BY m.session_id ORDER BY m.seq)
      ), asked AS (
        -- What was said here has its reply by name; on a channel it is what comes next.
        SELECT created_at, state, reply_id,
          CASE WHEN reply_id IS NOT NULL THEN replied_at WHEN next_sender = 'agent' THEN next_at END AS answered_at
        FROM paired WHERE sender = 'user'
      ), said AS (
        SELECT count(*)::int AS processed, count(*) FILTER (WHERE created_at > ${hourAgo})::int AS "lastHour"
        FROM messages WHERE agent_id = ${agentId} AND sender = 'user'
      )
      SELECT said.*,
        count(*) FILTER (
          WHERE answered_at IS NOT NULL OR state = 'failed' OR (reply_id IS NULL AND created_at < ${deadline})
        )::int AS settled,
        count(answered_at)::int AS answered,
        (avg(extract(epoch FROM answered_at - created_at)) * 1000)::float8 AS "averageMs"
      FROM said LEFT JOIN asked ON true GROUP BY said.processed, said."lastHour"`,
  );
  const { processed, lastHour, settled, answered, averageMs } = row as Counts;
  const share = (part: number) => (settled ? ((part / settled) * 100).toFixed(2) : ('N/A' as const));
  return {
    messagesProcessed: processed,
    messagesPerHour: lastHour,
    averageResponseTime: averageMs === null ? ('N/A' as const) : Math.round(averageMs),
    successRate: share(answered),
    errorRate: share(settled - answered),
  };
}

/** An agent's figures; those of its container say "N/A" while nobody knows them. @throws AppError AGENT_NOT_FOUND */
export async function getAgentStats(context: Context, actor: Actor, id: string): Promise<LiveStats> {
  const [container, figures] = await Promise.all([getInstanceStats(context, actor, id), messageFigures(context, actor, id)]);
  const { blockIO: _, timestamp: __, ...shown } = container;
  return { stats: { ...shown, ...figures }, status: 'ok' };
}
