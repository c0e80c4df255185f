import { AppError, type NodeView } from '@agentbot/contracts';
import { readContainerSpec } from '../../infra/docker/stored-spec.ts';
import type { Context } from '../context.ts';

/** @throws AppError NODE_NOT_FOUND on one machine */
export function requireSwarm({ swarm }: Pick<Context, 'swarm'>): NonNullable<Context['swarm']> {
  if (!swarm) throw new AppError('NODE_NOT_FOUND', 'This installation runs on one machine: CONTAINER_HOST is docker');
  return swarm;
}

/** The nodes of the swarm, by name, with the agents that live on each. @throws AppError DOCKER_UNAVAILABLE */
export async function listNodes(context: Pick<Context, 'swarm' | 'database' | 'config'>): Promise<{ swarm: boolean; nodes: NodeView[] }> {
  const { swarm, database, config } = context;
  if (!swarm) return { swarm: false, nodes: [] };
  const [nodes, places] = await Promise.all([swarm.nodes(), swarm.places()]);
  const rows = await database.as('service', (tx) =>
    tx.agent.findMany({
      where: { id: { in: [...places.keys()] } },
      include: { owner: { select: { email: true } } },
      orderBy: { id: 'asc' },
    }),
  );
  const views = nodes.map((node): NodeView => {
    const here = rows.filter(({ id }) => places.get(id) === node.id);
    const memory = here.reduce((sum, agent) => sum + (readContainerSpec(agent)?.memoryBytes ?? 0), 0);
    return {
      id: node.id,
      name: node.name,
      address: node.address,
      role: node.role,
      problem: node.problem ?? null,
      availability: node.availability,
      memoryBytes: node.memoryBytes,
      cpus: node.cpus,
      reservedBytes: Math.round(memory * config.SWARM_MEMORY_SHARE),
      engineVersion: node.engineVersion,
      labels: node.labels,
      agents: here.map((agent) => ({
        id: agent.id,
        name: agent.name,
        ownerEmail: agent.owner.email,
        status: agent.state,
        reason: agent.state === 'error' ? agent.stateReason : null,
      })),
    };
  });
  return { swarm: true, nodes: views.toSorted((a, b) => a.name.localeCompare(b.name) || a.id.localeCompare(b.id)) };
}

/** @throws AppError NODE_NOT_FOUND, DOCKER_UNAVAILABLE */
export async function requireNode(context: Pick<Context, 'swarm'>, id: string) {
  const node = (await requireSwarm(context).nodes()).find((each) => each.id === id);
  if (!node) throw new AppError('NODE_NOT_FOUND');
  return node;
}

/** Whether a node takes agents; `drain` moves its agents away. @throws AppError NODE_NOT_FOUND, DOCKER_UNAVAILABLE */
export async function setNodeAvailability(
  context: Pick<Context, 'swarm'>,
  id: string,
  availability: NodeView['availability'],
): Promise<void> {
  await requireNode(context, id);
  await requireSwarm(context).setAvailability(id, availability);
}
