import { AppError } from '@agentbot/contracts';
import { backUp } from '../domain/backups/backup-archive.ts';
import { applyRetention } from '../domain/backups/retention.ts';
import type { Context } from '../domain/context.ts';
import { RolledBackError } from '../domain/operations/errors.ts';
import { readBackupInput } from '../domain/operations/operation-columns.ts';
import type { Step } from '../domain/operations/steps.ts';
import type { AgentUpdate } from '../domain/operations/types.ts';
import type { Agent, Operation } from '../generated/prisma/client.ts';

const inMebibytes = (bytes: bigint) => `${(Number(bytes) / 1024 ** 2).toFixed(1)} MiB`;

/** Makes a backup, then removes backups beyond the agent's maximum number and age. The agent's state does not change. */
export async function backup(context: Context, agent: Agent, step: Step, operation: Operation): Promise<AgentUpdate> {
  const { cause } = readBackupInput(operation);
  try {
    await step(
      'backup',
      30 * 60_000,
      async (signal) => {
        if (!(await context.host.available())) throw new AppError('DOCKER_UNAVAILABLE');
        return backUp(context, agent, operation, cause, signal);
      },
      { detail: ({ sizeBytes }) => inMebibytes(sizeBytes) },
    );
    await step('retention', 5 * 60_000, () => applyRetention(context, agent), { detail: (count) => `${count} removed` });
  } catch (error) {
    const reason = error instanceof AppError ? error.message : 'An unexpected error stopped the backup';
    throw new RolledBackError(reason, {}, error);
  }
  return {};
}
