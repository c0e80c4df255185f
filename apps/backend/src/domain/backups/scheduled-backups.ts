import { AppError } from '@agentbot/contracts';
import { msAhead } from '../../shared/clock.ts';
import type { Context } from '../context.ts';
import { beginOperation } from '../operations/operations.ts';

const HOUR_MS = 3_600_000;

/** Begins the scheduled backups that are due. An agent with an open operation is retried a minute later. */
export async function beginScheduledBackups({ database, boss, host, clock, log }: Context): Promise<void> {
  if (!(await host.available())) return;
  const due = { nextBackupAt: { lte: clock.now() }, backupEveryHours: { not: null } };
  const agents = await database.as('service', (tx) => tx.agent.findMany({ where: due }));
  for (const agent of agents) {
    await database
      .as('service', async (tx) => {
        const nextBackupAt = msAhead(clock, (agent.backupEveryHours ?? 24) * HOUR_MS);
        const { count } = await tx.agent.updateMany({ where: { ...due, id: agent.id }, data: { nextBackupAt } });
        // The count is 0 when another process began this backup. An agent without a container has no data yet.
        if (count && agent.containerSpec) await beginOperation(tx, boss, agent, 'backup', { input: { cause: 'schedule' } });
      })
      .catch((error) => {
        if (error instanceof AppError && error.code === 'OPERATION_IN_PROGRESS') return;
        log.warn({ err: error, agentId: agent.id }, 'a scheduled backup could not begin; the next run retries it');
      });
  }
}
