import { AppError } from '@agentbot/contracts';
import type { Context } from '../domain/context.ts';
import { beginMove } from '../domain/nodes/begin-move.ts';
import { msAgo } from '../shared/clock.ts';

/** An agent that could not be moved is tried again after this time. */
const RETRY_MS = 10 * 60_000;

/**
 * Moves the agents of each node that is being drained to other nodes, one after the other: begins the next move when no agent of the
 * node has an open one. The wish stands in the swarm's own description of the node, so an operator may drain it with Docker's command too.
 */
export async function drainNodes(context: Context): Promise<void> {
  const { swarm, database, clock, log } = context;
  if (!swarm) return;
  const draining = (await swarm.nodes()).filter(({ availability, problem }) => availability === 'drain' && !problem);
  if (draining.length === 0) return;
  const places = await swarm.places();
  for (const node of draining) {
    const here = [...places].flatMap(([agentId, place]) => (place === node.id ? agentId : []));
    if (here.length === 0) continue;
    const next = await database.as('service', async (tx) => {
      const failed = { kind: 'move', state: 'failed' as const, finishedAt: { gt: msAgo(clock, RETRY_MS) } };
      const leaving = { kind: 'move', finishedAt: null, input: { path: ['from'], equals: node.id } };
      if (await tx.operation.count({ where: leaving })) return null;
      const operations = await tx.operation.findMany({ where: { agentId: { in: here }, OR: [{ finishedAt: null }, failed] } });
      const busy = operations.map(({ agentId }) => agentId);
      const agents = await tx.agent.findMany({ where: { id: { in: here, notIn: busy } }, orderBy: { id: 'asc' } });
      return agents.find(({ containerSpec }) => containerSpec) ?? null;
    });
    if (!next) continue;
    log.info({ agentId: next.id, node: node.name }, 'an agent moves, because its node is being drained');
    await beginMove(context, next.id, {}).catch((error) => {
      if (!(error instanceof AppError)) throw error;
      log.warn(
        { agentId: next.id, node: node.name, reason: error.message },
        'an agent could not be moved from a node that is being drained',
      );
    });
  }
}
