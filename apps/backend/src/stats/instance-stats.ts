import { setTimeout as sleep } from 'node:timers/promises';
import { getAgent } from '../agents/agents.ts';
import type { Context } from '../context.ts';
import type { Actor } from '../http/actor.ts';
import { containerNames } from '../runtime/agent-container.ts';
import type { ContainerUsage } from '../runtime/container-host.ts';
import { duration, memorySize, percent, traffic } from './format.ts';

/** Two samples this far apart give the CPU's share. */
const SAMPLE_GAP_MS = 250;
const NOT_KNOWN = 'N/A';

/** The share of one CPU that was used between two samples; 1.5 is one and a half CPUs. */
function cpuShare(before: ContainerUsage, after: ContainerUsage): number {
  const system = after.systemCpu - before.systemCpu;
  return system > 0 ? ((after.cpu - before.cpu) / system) * after.onlineCpus : 0;
}

/**
 * What an agent's container uses right now, in the words of `docker stats`.
 * @throws AppError AGENT_NOT_FOUND, DOCKER_UNAVAILABLE
 */
export async function instanceStats({ database, host }: Context, actor: Actor, id: string) {
  const agent = await getAgent({ database }, actor, id);
  const { container } = containerNames(id);
  const before = await host.usage(container);
  if (before) await sleep(SAMPLE_GAP_MS);
  const after = before && (await host.usage(container));
  const uptime = after && agent.startedAt ? Date.now() - agent.startedAt.getTime() : 0;
  return {
    agentId: id,
    cpu: after ? percent(cpuShare(before, after)) : NOT_KNOWN,
    memory: after ? `${memorySize(after.memory)} / ${memorySize(after.memoryLimit)}` : NOT_KNOWN,
    memoryPercent: after ? percent(after.memory / after.memoryLimit) : NOT_KNOWN,
    network: after ? `${traffic(after.received)} / ${traffic(after.sent)}` : NOT_KNOWN,
    blockIO: after ? `${traffic(after.read)} / ${traffic(after.written)}` : NOT_KNOWN,
    pids: after ? String(after.pids) : NOT_KNOWN,
    status: agent.state,
    uptime,
    uptimeFormatted: duration(uptime),
    timestamp: new Date().toISOString(),
  };
}
