import { AppError } from '@agentbot/contracts';
import type { Context } from '../context.ts';
import type { Agent, Operation } from '../generated/prisma/client.ts';
import type { AgentChange } from '../jobs/operation-work.ts';
import type { Step } from '../jobs/steps.ts';
import { recreate } from '../provisioning/provision-work.ts';
import { validateOrLeave } from '../provisioning/validate-config.ts';
import { stop } from './lifecycle-work.ts';

/** Makes the agent's container anew from its row, on the same volume: present limits, tools, configuration and token. */
export async function repair(context: Context, agent: Agent, step: Step, operation: Operation): Promise<AgentChange> {
  if (!(await context.host.available())) throw new AppError('DOCKER_UNAVAILABLE');
  if (agent.containerSpec) {
    await validateOrLeave(context, agent, step, operation);
    await stop(context, agent, step);
  }
  return recreate(context, agent, step);
}
