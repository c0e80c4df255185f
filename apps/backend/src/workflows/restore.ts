import { AppError } from '@agentbot/contracts';
import { canReadStorage } from '@agentbot/openclaw-image/versions';
import { checkBackup, openBackup } from '../domain/backups/open-backup.ts';
import { requireRoomForArchive, requireRoomForRestore } from '../domain/backups/room.ts';
import type { Context } from '../domain/context.ts';
import { readRestoreInput } from '../domain/operations/operation-columns.ts';
import type { Step } from '../domain/operations/steps.ts';
import type { AgentUpdate } from '../domain/operations/types.ts';
import { validateStep } from '../domain/provisioning/validate-config.ts';
import type { Agent, Backup, Operation } from '../generated/prisma/client.ts';
import { containerNames } from '../infra/docker/layout.ts';
import { readContainerSpec } from '../infra/docker/stored-spec.ts';
import { recreate } from './provision.ts';
import { replaceWithRollback } from './replace-with-rollback.ts';

const MINUTE = 60_000;

/** @throws AppError OPERATION_FAILED when the version would start without the conversations in the backup */
function requireReadable(backup: Backup, version: string | null): void {
  if (canReadStorage(version, backup.openclawVersion)) return;
  const advice = backup.image ? 'restore the backup together with its image' : 'update the agent to that version first';
  throw new AppError(
    'OPERATION_FAILED',
    `OpenClaw ${version} cannot read the conversations in this backup of OpenClaw ${backup.openclawVersion}: ${advice}. Nothing was changed`,
  );
}

/**
 * Restores the agent's data from the backup `operation.input.backupId`, and with `operation.input.image` also moves the agent
 * to that image. Configuration and secrets stay the agent's present ones. Rolls back when the agent does not become ready.
 */
export async function restore(context: Context, agent: Agent, step: Step, operation: Operation): Promise<AgentUpdate> {
  const { database, host, config } = context;
  const { backupId, image = agent.image ?? config.OPENCLAW_IMAGE } = readRestoreInput(operation);
  const requestedBackup = await database.as('service', (tx) => tx.backup.findFirst({ where: { id: backupId, agentId: agent.id } }));
  return replaceWithRollback(context, agent, step, operation, {
    cause: 'restore',
    name: 'Restore',
    async prepare() {
      if (!requestedBackup) throw new AppError('OPERATION_FAILED', 'The backup no longer exists');
      if (!(await host.available())) throw new AppError('DOCKER_UNAVAILABLE');
      await step('check', 30 * MINUTE, async (signal) => {
        const { version } = await host.ensureImage(image, signal);
        requireReadable(requestedBackup, image === agent.image ? agent.openclawVersion : version);
        await checkBackup(context, requestedBackup, signal);
        const spec = readContainerSpec(agent);
        if (!spec) return;
        await requireRoomForRestore(context, agent, requestedBackup, { ...spec, image }, signal);
        await requireRoomForArchive(context, agent, { ...spec, image }, signal);
      });
      await validateStep(context, agent, image, step);
    },
    async replace() {
      if (!requestedBackup) throw new AppError('OPERATION_FAILED', 'The backup no longer exists');
      await step('clear', MINUTE, () => host.removeData(containerNames(agent.id)));
      return recreate(context, { ...agent, image }, step, () => openBackup(context, requestedBackup));
    },
  });
}
