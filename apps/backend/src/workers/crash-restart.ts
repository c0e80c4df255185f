import type { Config } from '../config/config.ts';
import type { Context } from '../domain/context.ts';
import { readCause } from '../domain/operations/operation-columns.ts';
import { beginOperation } from '../domain/operations/operations.ts';
import type { Operation } from '../generated/prisma/client.ts';
import type { Transaction } from '../infra/database/database.ts';
import { msAgo, msAhead } from '../shared/clock.ts';

/** The input that marks an automatic restart after a crash. */
const RECOVERY = { cause: 'recovery' } as const;
/** The maximum number of automatic restarts within the window; after that a person must repair the agent. */
const MAX_RESTARTS = 5;
const BACKOFF_BASE_MS = 2_000;

/** Whether an operation is an automatic restart after a crash. */
export const isCrashRestart = (operation: Pick<Operation, 'id' | 'input'>) => readCause(operation) === RECOVERY.cause;

/** The window in which restarts are counted: ten minutes, plus the ready timeout of each restart. */
const windowMinutes = ({ READY_TIMEOUT_SECONDS }: Config) => Math.ceil(10 + ((MAX_RESTARTS + 1) * READY_TIMEOUT_SECONDS) / 60);

/** The number of automatic restarts of an agent within the window. */
const countRestarts = (tx: Transaction, agentId: string, since: Date) =>
  tx.operation.count({ where: { agentId, createdAt: { gt: since }, input: { path: ['cause'], equals: RECOVERY.cause } } });

/**
 * Plans the restart of an agent whose container exited, with exponential back-off. After MAX_RESTARTS the agent stays in
 * `error`.
 * @returns the change of the agent, and `giveUp` when the engine must not restart the container either
 */
export async function planRestart(tx: Transaction, { config, clock }: Pick<Context, 'config' | 'clock'>, agentId: string, reason: string) {
  const minutes = windowMinutes(config);
  const restarts = await countRestarts(tx, agentId, msAgo(clock, minutes * 60_000));
  const giveUp = restarts >= MAX_RESTARTS;
  const limit = `it was restarted ${restarts} times within ${minutes} minutes and is not restarted again automatically`;
  const stateReason = giveUp ? `${reason} (${limit})` : reason;
  const recoverAt = giveUp ? null : msAhead(clock, restarts === 0 ? 0 : BACKOFF_BASE_MS * 2 ** restarts);
  return { giveUp, change: { state: 'error' as const, stateReason, startedAt: null, recoverAt } };
}

/** Begins the planned restarts that are due. */
export async function restartDueAgents({ database, boss, host, clock, log }: Context): Promise<void> {
  const due = await database.as('service', (tx) => tx.agent.findMany({ where: { recoverAt: { lte: clock.now() } }, select: { id: true } }));
  if (due.length === 0 || !(await host.available())) return;
  for (const { id } of due) {
    await database.as('service', async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM agents WHERE id = ${id} FOR UPDATE`;
      const agent = await tx.agent.findUnique({ where: { id } });
      if (!agent?.recoverAt || (await tx.operation.count({ where: { agentId: id, finishedAt: null } }))) return;
      await tx.agent.update({ where: { id }, data: { recoverAt: null } });
      if (agent.state !== 'error') return;
      log.warn({ agentId: id, reason: agent.stateReason }, 'an agent is restarted after a crash');
      await beginOperation(tx, boss, agent, 'start', { input: RECOVERY });
    });
  }
}
