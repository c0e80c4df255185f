import { AppError, type LiveStats } from '@agentbot/contracts';
import { getAgent } from '../agents/agents.ts';
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

/** An agent's figures; those of its container say "N/A" where there is no engine to ask. @throws AppError AGENT_NOT_FOUND */
export async function agentStats(context: Context, actor: Actor, id: string): Promise<LiveStats> {
  const agent = await getAgent(context, actor, id);
  const figures = await messageFigures(context, actor, id);
  const unknown = { cpu: 'N/A', memory: 'N/A', memoryPercent: 'N/A', network: 'N/A', pids: 'N/A', uptime: 0, uptimeFormatted: 'N/A' };
  const container = await instanceStats(context, actor, id).catch((error) => {
    if (error instanceof AppError && error.code === 'DOCKER_UNAVAILABLE') return unknown;
    throw error;
  });
  const { cpu, memory, memoryPercent, network, pids, uptime, uptimeFormatted } = container;
  return {
    stats: { agentId: id, cpu, memory, memoryPercent, network, uptime, uptimeFormatted, status: agent.state, pids, ...figures },
    status: 'ok',
  };
}
