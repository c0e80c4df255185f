import { type Actor, tenantOf } from '../../../shared/actor.ts';
import { getAgent } from '../../agents/agents.ts';
import type { Context } from '../../context.ts';
import { duration, memorySize, percent, traffic } from './format.ts';

const UNKNOWN = 'N/A';

/**
 * The latest usage of an agent's container, formatted as `docker stats` does; "N/A" for a value without a fresh sample.
 * @throws AppError AGENT_NOT_FOUND
 */
export async function getInstanceStats({ database, clock }: Pick<Context, 'database' | 'clock'>, actor: Actor, id: string) {
  const agent = await getAgent({ database }, actor, id);
  const now = clock.now();
  const sample = await database.as(tenantOf(actor), (tx) => tx.usageSample.findFirst({ where: { agentId: id, staleAt: { gt: now } } }));
  const uptime = sample && agent.startedAt ? now.getTime() - agent.startedAt.getTime() : 0;
  const [memory, limit] = [Number(sample?.memory), Number(sample?.memoryLimit)];
  const pair = (inbound: bigint, outbound: bigint) => `${traffic(Number(inbound))} / ${traffic(Number(outbound))}`;
  return {
    agentId: id,
    cpu: sample && sample.cpu !== null ? percent(sample.cpu) : UNKNOWN,
    memory: sample ? `${memorySize(memory)} / ${memorySize(limit)}` : UNKNOWN,
    memoryPercent: sample ? percent(memory / limit) : UNKNOWN,
    network: sample ? pair(sample.received, sample.sent) : UNKNOWN,
    blockIO: sample ? pair(sample.read, sample.written) : UNKNOWN,
    pids: sample ? String(sample.pids) : UNKNOWN,
    status: agent.state,
    uptime,
    uptimeFormatted: duration(uptime),
    timestamp: (sample?.at ?? now).toISOString(),
  };
}

/** CPU and memory of one instance, in the contract's flat shape. @throws AppError AGENT_NOT_FOUND */
export async function getInstanceUsage(context: Context, actor: Actor, userId: string) {
  const { state, plan, openclawVersion } = await getAgent(context, actor, userId);
  const { cpu, memory } = await getInstanceStats(context, actor, userId);
  return { userId, cpu, memory: memory.split(' / ')[0], status: state, plan, openclawVersion };
}
