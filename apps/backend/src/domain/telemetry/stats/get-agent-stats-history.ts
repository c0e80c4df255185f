import type { UsageHistory } from '@agentbot/contracts';
import { type Actor, tenantOf } from '../../../shared/actor.ts';
import { msAgo } from '../../../shared/clock.ts';
import { getAgent } from '../../agents/agents.ts';
import type { Context } from '../../context.ts';

const ranges = {
  day: { grain: 'minute', interval: 60_000, length: 24 * 3_600_000 },
  month: { grain: 'hour', interval: 3_600_000, length: 30 * 24 * 3_600_000 },
};

/** The usage history of an agent's container: one point per minute for a day, or per hour for 30 days. @throws AppError AGENT_NOT_FOUND */
export async function getAgentStatsHistory(context: Context, actor: Actor, agentId: string, range: 'day' | 'month'): Promise<UsageHistory> {
  await getAgent(context, actor, agentId);
  const { grain, interval, length } = ranges[range];
  const at = { gt: msAgo(context.clock, length) };
  const rows = await context.database.as(tenantOf(actor), (tx) =>
    tx.usagePoint.findMany({ where: { agentId, grain, at }, orderBy: { at: 'asc' } }),
  );
  const points = rows.map((row) => ({
    timestamp: row.at.toISOString(),
    cpu: Math.round(row.cpu * 10_000) / 100,
    memory: Math.round(row.memory),
    memoryLimit: Number(row.memoryLimit),
    received: Number(row.received),
    sent: Number(row.sent),
    read: Number(row.read),
    written: Number(row.written),
    pids: Math.round(row.pids * 10) / 10,
  }));
  return { history: { agentId, range, interval, points }, status: 'ok' };
}
