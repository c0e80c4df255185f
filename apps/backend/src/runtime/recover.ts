import type { Context } from '../context.ts';
import type { Transaction } from '../database/database.ts';
import type { Operation } from '../generated/prisma/client.ts';
import { beginOperation } from '../jobs/operations.ts';

/** The mark of an operation that nobody asked for. */
const RECOVERY = { cause: 'recovery' } as const;
/** So often within this time an agent is started again by itself; after that somebody must look at it. */
const MOST_RECOVERIES = 5;
const WINDOW_MS = 10 * 60_000;
const FIRST_WAIT_MS = 2_000;

export const isRecovery = ({ input }: Pick<Operation, 'input'>) => (input as { cause?: string }).cause === RECOVERY.cause;

/** How often an agent was started again lately. */
const recoveries = (tx: Transaction, agentId: string) =>
  tx.operation.count({
    where: { agentId, createdAt: { gt: new Date(Date.now() - WINDOW_MS) }, input: { path: ['cause'], equals: RECOVERY.cause } },
  });

/**
 * What becomes of an agent whose container ended: it is started again after a while that doubles, or, when that has
 * happened too often, left in `error` for good.
 * @returns `giveUp` when the container is not to be started any more, by the engine neither
 */
export async function plannedRecovery(tx: Transaction, agentId: string, reason: string) {
  const before = await recoveries(tx, agentId);
  const giveUp = before >= MOST_RECOVERIES;
  const sentence = giveUp ? `${reason} (it ended ${before + 1} times in ten minutes, and is not started again by itself)` : reason;
  const recoverAt = giveUp ? null : new Date(Date.now() + (before === 0 ? 0 : FIRST_WAIT_MS * 2 ** before));
  return { giveUp, change: { state: 'error' as const, stateReason: sentence, startedAt: null, recoverAt } };
}

/** Starts the agents again whose time has come. */
export async function recoverDue({ database, boss, host, log }: Context): Promise<void> {
  if (!(await host.available())) return;
  const due = await database.as('service', (tx) => tx.agent.findMany({ where: { recoverAt: { lte: new Date() } }, select: { id: true } }));
  for (const { id } of due) {
    await database.as('service', async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM agents WHERE id = ${id} FOR UPDATE`;
      const agent = await tx.agent.findUnique({ where: { id } });
      if (!agent?.recoverAt || (await tx.operation.count({ where: { agentId: id, finishedAt: null } }))) return;
      await tx.agent.update({ where: { id }, data: { recoverAt: null } });
      if (agent.state !== 'error') return;
      log.warn({ agentId: id, reason: agent.stateReason }, 'an agent ended by itself; it is started again');
      await beginOperation(tx, boss, agent, 'start', { input: RECOVERY });
    });
  }
}
