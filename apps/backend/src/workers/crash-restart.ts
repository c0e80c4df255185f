import type { Config } from '../config/config.ts';
import type { Context } from '../domain/context.ts';
import { readCause } from '../domain/operations/operation-columns.ts';
import { beginOperation } from '../domain/operations/operations.ts';
import type { Operation } from '../generated/prisma/client.ts';
import type { Transaction } from '../infra/database/database.ts';

/** The mark of an operation that nobody asked for. */
const RECOVERY = { cause: 'recovery' } as const;
/** So often an agent is started again by itself within a while; after that somebody must look at it. */
const MAX_RESTARTS = 5;
const FIRST_WAIT_MS = 2_000;

export const isCrashRestart = (operation: Pick<Operation, 'id' | 'input'>) => readCause(operation) === RECOVERY.cause;

/** Within these minutes recoveries count: ten, and as long as all of them may take to become ready. */
const windowMinutes = ({ READY_TIMEOUT_SECONDS }: Config) => Math.ceil(10 + ((MAX_RESTARTS + 1) * READY_TIMEOUT_SECONDS) / 60);

/** How often an agent was started again lately. */
const recoveries = (tx: Transaction, agentId: string, minutes: number) =>
  tx.operation.count({
    where: { agentId, createdAt: { gt: new Date(Date.now() - minutes * 60_000) }, input: { path: ['cause'], equals: RECOVERY.cause } },
  });

/**
 * What becomes of an agent whose container ended: it is started again after a while that doubles, or, when that has
 * happened too often, left in `error` for good.
 * @returns `giveUp` when the container is not to be started any more, by the engine neither
 */
export async function planRestart(tx: Transaction, config: Config, agentId: string, reason: string) {
  const minutes = windowMinutes(config);
  const before = await recoveries(tx, agentId, minutes);
  const giveUp = before >= MAX_RESTARTS;
  const often = `it was started again ${before} times within ${minutes} minutes, and is not started again by itself`;
  const sentence = giveUp ? `${reason} (${often})` : reason;
  const recoverAt = giveUp ? null : new Date(Date.now() + (before === 0 ? 0 : FIRST_WAIT_MS * 2 ** before));
  return { giveUp, change: { state: 'error' as const, stateReason: sentence, startedAt: null, recoverAt } };
}

/** Starts the agents again whose time has come. */
export async function restartDueAgents({ database, boss, host, log }: Context): Promise<void> {
  const due = await database.as('service', (tx) => tx.agent.findMany({ where: { recoverAt: { lte: new Date() } }, select: { id: true } }));
  if (due.length === 0 || !(await host.available())) return;
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
