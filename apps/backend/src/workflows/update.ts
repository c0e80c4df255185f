import { AppError } from '@agentbot/contracts';
import type { Context } from '../domain/context.ts';
import { readUpdateInput } from '../domain/operations/operation-columns.ts';
import type { Step } from '../domain/operations/steps.ts';
import type { AgentUpdate } from '../domain/operations/types.ts';
import { validateStep } from '../domain/provisioning/validate-config.ts';
import type { Agent, Operation } from '../generated/prisma/client.ts';
import { canReadStorage, isRelease } from '../infra/openclaw/versions.ts';
import { recreate } from './provision.ts';
import { replaceWithRollback } from './replace-with-rollback.ts';

/** @throws AppError OPERATION_FAILED when the image's version would start without the agent's conversations */
function requireReadable(current: string | null, next: string): void {
  if (canReadStorage(next, current)) return;
  const reason = isRelease(next)
    ? `OpenClaw ${next} cannot read the conversations of OpenClaw ${current}`
    : `The image does not state its version of OpenClaw, which must be able to read the conversations of ${current}`;
  throw new AppError('OPERATION_FAILED', `${reason}: the agent would lose its memory of them. Nothing was changed`);
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
        requireReadable(agent.openclawVersion, version);
      });
      await validateStep(context, agent, image, step);
    },
    replace: () => recreate(context, { ...agent, image }, step),
  });
}
