import type { LiveStats } from '@agentbot/contracts';
import type { Context } from '../context.ts';
import { type Actor, tenantOf } from '../http/actor.ts';
import { instanceStats } from './instance-stats.ts';

/** A message without a reply counts as failed once it is this old. */
const ANSWER_WITHIN_MS = 2 * 60_000;

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
      WITH paired AS (
        SELECT m.sender, m.created_at, r.state,
          lead(m.sender) OVER w AS next_sender, lead(m.created_at) OVER w AS next_at
        FROM messages m LEFT JOIN replies r ON r.id = m.id
        WHERE m.agent_id = ${agentId} WINDOW w AS (PARTITION BY m.session_id ORDER BY m.seq)
      )
      SELECT count(*)::int AS processed,
        count(*) FILTER (WHERE created_at > ${hourAgo})::int AS "lastHour",
        count(*) FILTER (WHERE next_sender = 'agent' OR state = 'failed' OR created_at < ${deadline})::int AS settled,
        count(*) FILTER (WHERE next_sender = 'agent')::int AS answered,
        (avg(extract(epoch FROM next_at - created_at)) FILTER (WHERE next_sender = 'agent') * 1000)::float8 AS "averageMs"
      FROM paired WHERE sender = 'user'`,
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
export async function agentStats(context: Context, actor: Actor, id: string): Promise<LiveStats> {
  const [container, figures] = await Promise.all([instanceStats(context, actor, id), messageFigures(context, actor, id)]);
  const { blockIO: _, timestamp: __, ...shown } = container;
  return { stats: { ...shown, ...figures }, status: 'ok' };
}
