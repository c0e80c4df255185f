import { AppError } from '@agentbot/contracts';
import { canReadStorage, isRelease } from '@agentbot/openclaw-image/versions';
import { requireRoomForArchive } from '../domain/backups/room.ts';
import type { Context } from '../domain/context.ts';
import { readUpdateInput } from '../domain/operations/operation-columns.ts';
import type { Step } from '../domain/operations/steps.ts';
import type { AgentUpdate } from '../domain/operations/types.ts';
import { validateStep } from '../domain/provisioning/validate-config.ts';
import type { Agent, Operation } from '../generated/prisma/client.ts';
import { readContainerSpec } from '../infra/docker/stored-spec.ts';
import { recreate } from './provision.ts';
import { replaceWithRollback } from './replace-with-rollback.ts';

/**
 * @throws AppError OPERATION_FAILED when the image's version would start without the agent's conversations; it names the
 *   newest backup that the version can read
 */
async function requireReadable({ database }: Context, agent: Agent, next: string): Promise<void> {
  const { openclawVersion: current } = agent;
  if (canReadStorage(next, current)) return;
  if (!isRelease(next)) {
    const reason = `The image does not state its version of OpenClaw, which must be able to read the conversations of ${current}`;
    throw new AppError('OPERATION_FAILED', `${reason}: the agent would lose its memory of them. Nothing was changed`);
  }
  const backups = await database.as('service', (tx) =>
    tx.backup.findMany({ where: { agentId: agent.id, image: { not: null } }, orderBy: { createdAt: 'desc' } }),
  );
  const readable = backups.find(({ openclawVersion }) => openclawVersion && canReadStorage(next, openclawVersion));
  const wayBack = readable
    ? `To go back, restore the backup of ${readable.createdAt.toISOString()} (${readable.id}) together with its image`
    : 'No backup from before is left to go back to';
  throw new AppError(
    'OPERATION_FAILED',
    `OpenClaw ${next} cannot read the conversations of OpenClaw ${current}: the agent would lose its memory of them. Nothing was changed. ${wayBack}`,
  );
}

/** Moves the agent to the image `operation.input.image`. Rolls back image and data when the agent does not become ready. */
export function update(context: Context, agent: Agent, step: Step, operation: Operation): Promise<AgentUpdate> {
  const { image } = readUpdateInput(operation);
  return replaceWithRollback(context, agent, step, operation, {
    cause: 'update',
    name: 'Update',
    async prepare() {
      if (!(await context.host.available())) throw new AppError('DOCKER_UNAVAILABLE');
      await step('image', 10 * 60_000, async (signal) => {
        const { version } = await context.host.ensureImage(image, signal);
        await requireReadable(context, agent, version);
        const spec = readContainerSpec(agent);
        if (spec) await requireRoomForArchive(context, agent, { ...spec, image }, signal);
      });
      await validateStep(context, agent, image, step);
    },
    replace: () => recreate(context, { ...agent, image }, step),
  });
}
