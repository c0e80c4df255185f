import { removeBackups } from '../domain/backups/retention.ts';
import { markForRemoval, resourcesOf } from '../domain/containers/orphans.ts';
import type { Context } from '../domain/context.ts';
import { Skipped, type Step } from '../domain/operations/steps.ts';
import type { AgentChange } from '../domain/operations/types.ts';
import { closeStream } from '../domain/streaming/live-streams.ts';
import type { Agent } from '../generated/prisma/client.ts';
import { containerNames } from '../infra/docker/layout.ts';

/** Removes the agent's container, volume, network, backups and live stream; its row, slot, secrets and messages go with the outcome. */
export async function remove(context: Context, agent: Agent, step: Step): Promise<AgentChange> {
  const { database, gateways, host, log } = context;
  const names = containerNames(agent.id);
  await step('remove', 90_000, async () => {
    await gateways.drop(agent.id);
    const rows = await database.as('service', (tx) => tx.backup.findMany({ where: { agentId: agent.id } }));
    // A store that cannot be reached does not keep an agent from going.
    await removeBackups(context, rows).catch(async (error) => {
      log.warn({ err: error, agentId: agent.id }, 'backups of a deleted agent are removed later');
      await markForRemoval(
        context,
        rows.map(({ name }) => ({ kind: 'backup', name })),
      );
    });
    await closeStream(context, agent.id).catch((error) => log.warn({ err: error, agentId: agent.id }, 'a live stream is removed later'));
    if (!(await host.available())) {
      await markForRemoval(context, resourcesOf(names));
      return new Skipped('Docker is not available: container and data go when it is back');
    }
    await host.removeAll(names, agent.ownerId);
  });
  return 'removed';
}
