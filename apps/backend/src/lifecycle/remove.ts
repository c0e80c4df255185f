import type { Context } from '../context.ts';
import type { Agent } from '../generated/prisma/client.ts';
import type { AgentChange } from '../jobs/operation-work.ts';
import { SkipStep, type Step } from '../jobs/steps.ts';
import { containerNames } from '../runtime/agent-container.ts';
import { removeBackups } from './backup.ts';

/** Removes the agent's container, volume, network and backups; its row, slot, secrets and messages go with the outcome. */
export async function remove(context: Context, agent: Agent, step: Step): Promise<AgentChange> {
  await step('remove', 90_000, async () => {
    await context.gateways.drop(agent.id);
    await removeBackups(context, agent.id);
    if (!(await context.host.available())) throw new SkipStep('Docker is not available: the sweep removes the container later');
    await context.host.removeAll(containerNames(agent.id));
  });
  return 'removed';
}
