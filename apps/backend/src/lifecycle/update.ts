import { AppError } from '@agentbot/contracts';
import type { Context } from '../context.ts';
import type { Agent, Operation } from '../generated/prisma/client.ts';
import type { AgentChange } from '../jobs/operation-work.ts';
import type { Step } from '../jobs/steps.ts';
import { recreate } from '../provisioning/provision-work.ts';
import { validateStep } from '../provisioning/validate-config.ts';
import { replaceOrPutBack } from './replace-or-put-back.ts';

/** Moves the agent to `operation.input.image`; when that does not become ready, image and data are put back. */
export function update(context: Context, agent: Agent, step: Step, operation: Operation): Promise<AgentChange> {
  const { image } = operation.input as { image: string };
  return replaceOrPutBack(context, agent, step, operation, {
    cause: 'update',
    name: 'Update',
    async prepare() {
      if (!(await context.host.available())) throw new AppError('DOCKER_UNAVAILABLE');
      await step('image', 10 * 60_000, async (signal) => {
        await context.host.ensureImage(image, signal);
      });
      await validateStep(context, agent, image, step);
    },
    replace: () => recreate(context, { ...agent, image }, step),
  });
}
