import { AppError } from '@agentbot/contracts';
import type { Context } from '../domain/context.ts';
import type { Step } from '../domain/operations/steps.ts';
import type { AgentUpdate } from '../domain/operations/types.ts';
import { validateBeforeStop } from '../domain/provisioning/validate-config.ts';
import type { Agent, Operation } from '../generated/prisma/client.ts';
import { recreate } from './provision.ts';
import { stop } from './start-stop.ts';

/** Recreates the agent's container on its volume, with the row's present limits, tools, configuration and token. */
export async function repair(context: Context, agent: Agent, step: Step, operation: Operation): Promise<AgentUpdate> {
  if (!(await context.host.available())) throw new AppError('DOCKER_UNAVAILABLE');
  if (agent.containerSpec) {
    await validateBeforeStop(context, agent, step, operation);
    await stop(context, agent, step);
  }
  return recreate(context, agent, step);
}
