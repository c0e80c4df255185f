import type { LiveStats } from '@agentbot/contracts';
import { type Actor, tenantOf } from '../../../shared/actor.ts';
import { msAgo } from '../../../shared/clock.ts';
import type { Context } from '../../context.ts';
import { getInstanceStats } from './get-instance-stats.ts';

/** An unanswered message on a channel counts as failed at this age. */
const REPLY_TIMEOUT_MS = 2 * 60_000;
/** Rates and times cover the last messages only: an agent's history grows without limit. */
const MAX_RATED_MESSAGES = 2_000;

interface Counts {
  processed: number;
  lastHour: number;
  settled: number;
  answered: number;
  /** Milliseconds; null before the first reply. */
  averageMs: number | null;
}

/** The message figures of an agent, computed from its stored messages. */
async function messageFigures({ database, clock }: Pick<Context, 'database' | 'clock'>, actor: Actor, agentId: string) {
  const deadline = msAgo(clock, REPLY_TIMEOUT_MS);
  const hourAgo = msAgo(clock, 3_600_000);
  const [row] = await database.as(
    tenantOf(actor),
    (tx) => tx.$queryRaw<Counts[]>`
      WITH recent AS (
        SELECT * FROM messages WHERE agent_id = ${agentId} ORDER BY seq DESC LIMIT ${MAX_RATED_MESSAGES}
      ), paired AS (
        SELECT m.sender, m.created_at, r.id AS reply_id, r.state, a.created_at AS replied_at,
          lead(m.sender) OVER w AS next_sender, lead(m.created_at) OVER w AS next_at
        FROM recent m LEFT JOIN replies r ON r.id = m.id LEFT JOIN messages a ON a.id = r.message_id
        WINDOW w AS (PARTITION BY m.session_id ORDER BY m.seq)
      ), questions AS (
        -- A message sent here has a reply row; on a channel, the reply is the next message of the session.
        SELECT created_at, state, reply_id,
          CASE WHEN reply_id IS NOT NULL THEN replied_at WHEN next_sender = 'agent' THEN next_at END AS answered_at
        FROM paired WHERE sender = 'user'
      ), totals AS (
        SELECT count(*)::int AS processed, count(*) FILTER (WHERE created_at > ${hourAgo})::int AS "lastHour"
        FROM messages WHERE agent_id = ${agentId} AND sender = 'user'
      )
      SELECT totals.*,
        count(*) FILTER (
          WHERE answered_at IS NOT NULL OR state = 'failed' OR (reply_id IS NULL AND created_at < ${deadline})
        )::int AS settled,
        count(answered_at)::int AS answered,
        (avg(extract(epoch FROM answered_at - created_at)) * 1000)::float8 AS "averageMs"
      FROM totals LEFT JOIN questions ON true GROUP BY totals.processed, totals."lastHour"`,
  );
  const { processed, lastHour, settled, answered, averageMs } = row as Counts;
  const rate = (part: number) => (settled ? ((part / settled) * 100).toFixed(2) : ('N/A' as const));
  return {
    messagesProcessed: processed,
    messagesPerHour: lastHour,
    averageResponseTime: averageMs === null ? ('N/A' as const) : Math.round(averageMs),
    successRate: rate(answered),
    errorRate: rate(settled - answered),
  };
}

/** An agent's figures; unknown figures of its container are "N/A". @throws AppError AGENT_NOT_FOUND */
export async function getAgentStats(context: Context, actor: Actor, id: string): Promise<LiveStats> {
  const [container, figures] = await Promise.all([getInstanceStats(context, actor, id), messageFigures(context, actor, id)]);
  const { blockIO: _, timestamp: __, ...shown } = container;
  return { stats: { ...shown, ...figures }, status: 'ok' };
}
