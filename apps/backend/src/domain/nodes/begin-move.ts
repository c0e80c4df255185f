import { AppError } from '@agentbot/contracts';
import type { Operation } from '../../generated/prisma/client.ts';
import type { Context } from '../context.ts';
import { beginOperation } from '../operations/operations.ts';
import { requireNode, requireSwarm } from './nodes.ts';

interface MoveOptions {
  /** The node to move to; undefined for a choice of the swarm. */
  node?: string | undefined;
  /** Whether the agent continues from its newest backup, because its node cannot be reached. */
  fromBackup?: boolean | undefined;
  requestId?: string | undefined;
}

/**
 * Begins the move of an agent to another node.
 * @throws AppError AGENT_NOT_FOUND, NODE_NOT_FOUND, OPERATION_IN_PROGRESS, DOCKER_UNAVAILABLE; OPERATION_FAILED with the reason: the
 *   agent has no place yet or is there already, a node cannot be used, or there is no backup to continue from
 */
export async function beginMove(
  context: Pick<Context, 'swarm' | 'database' | 'boss'>,
  agentId: string,
  { node, fromBackup = false, requestId }: MoveOptions,
): Promise<Operation> {
  const { database, boss } = context;
  const refuse = (sentence: string) => new AppError('OPERATION_FAILED', sentence);
  const agent = await database.as('service', async (tx) => {
    if (await tx.operation.count({ where: { agentId, finishedAt: null } })) throw new AppError('OPERATION_IN_PROGRESS');
    return tx.agent.findUnique({ where: { id: agentId } });
  });
  if (!agent) throw new AppError('AGENT_NOT_FOUND');
  if (!agent.containerSpec) throw refuse('The agent has no container yet: it gets its place when it first starts');
  const swarm = requireSwarm(context);
  const target = node ? await requireNode(context, node) : undefined;
  const from = await swarm.nodeOf(agentId);
  const source = (await swarm.nodes()).find(({ id }) => id === from);
  if (!from) throw refuse('The agent has no place in the swarm yet: it gets one when it next starts');
  if (from === node) throw refuse(`The agent is on the node ${target?.name} already`);
  if (target?.problem) throw refuse(target.problem);
  const problem = source ? source.problem : 'The node of this agent has left the swarm';
  if (!fromBackup && problem) throw refuse(`${problem}. Move the agent from its newest backup, or wait for the node`);
  if (fromBackup && !problem) throw refuse(`The node ${source?.name} can be used: move the agent with its present data`);
  return database.as('service', async (tx) => {
    if (fromBackup && !(await tx.backup.count({ where: { agentId } })))
      throw refuse(`${problem}, and the agent has no backup to continue from`);
    const input = { from, fromBackup, ...(node && { to: node }) };
    return beginOperation(tx, boss, agent, 'move', { input, ...(requestId && { requestId }) });
  });
}
