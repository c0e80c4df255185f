import { type Actor, tenantOf } from '../../../shared/actor.ts';
import { getAgent } from '../../agents/agents.ts';
import type { Context } from '../../context.ts';
import { duration, memorySize, percent, traffic } from './format.ts';

const NOT_KNOWN = 'N/A';

/**
 * What an agent's container uses, as it was last seen, in the words of `docker stats`; "N/A" for what is not known now.
 * @throws AppError AGENT_NOT_FOUND
 */
export async function getInstanceStats({ database }: Pick<Context, 'database'>, actor: Actor, id: string) {
  const agent = await getAgent({ database }, actor, id);
  const now = new Date();
  const used = await database.as(tenantOf(actor), (tx) => tx.usageSample.findFirst({ where: { agentId: id, staleAt: { gt: now } } }));
  const uptime = used && agent.startedAt ? now.getTime() - agent.startedAt.getTime() : 0;
  const [memory, limit] = [Number(used?.memory), Number(used?.memoryLimit)];
  const pair = (one: bigint, other: bigint) => `${traffic(Number(one))} / ${traffic(Number(other))}`;
  return {
    agentId: id,
    cpu: used && used.cpu !== null ? percent(used.cpu) : NOT_KNOWN,
    memory: used ? `${memorySize(memory)} / ${memorySize(limit)}` : NOT_KNOWN,
    memoryPercent: used ? percent(memory / limit) : NOT_KNOWN,
    network: used ? pair(used.received, used.sent) : NOT_KNOWN,
    blockIO: used ? pair(used.read, used.written) : NOT_KNOWN,
    pids: used ? String(used.pids) : NOT_KNOWN,
    status: agent.state,
    uptime,
    uptimeFormatted: duration(uptime),
    timestamp: (used?.at ?? now).toISOString(),
  };
}

/** The use of one instance, in the contract's flat shape. @throws AppError AGENT_NOT_FOUND */
export async function getInstanceUsage(context: Context, actor: Actor, userId: string) {
  const { state, plan, openclawVersion } = await getAgent(context, actor, userId);
  const { cpu, memory } = await getInstanceStats(context, actor, userId);
  return { userId, cpu, memory: memory.split(' / ')[0], status: state, plan, openclawVersion };
}
