import { removeBackups } from '../domain/backups/retention.ts';
import { markForRemoval, resourcesOf } from '../domain/containers/orphans.ts';
import type { Context } from '../domain/context.ts';
import { Skipped, type Step } from '../domain/operations/steps.ts';
import type { AgentChange } from '../domain/operations/types.ts';
import { closeStream } from '../domain/streaming/live-streams.ts';
import type { Agent } from '../generated/prisma/client.ts';
import { containerNames } from '../infra/docker/layout.ts';

/**
 * Removes the agent's container, volume, network, backups and live stream. The end of the operation deletes its row, slot,
 * secrets and messages.
 */
export async function remove(context: Context, agent: Agent, step: Step): Promise<AgentChange> {
  const { database, gateways, host, log } = context;
  const names = containerNames(agent.id);
  await step('remove', 90_000, async () => {
    await gateways.drop(agent.id);
    const rows = await database.as('service', (tx) => tx.backup.findMany({ where: { agentId: agent.id } }));
    // A backup store that cannot be reached does not block the removal.
    await removeBackups(context, rows).catch(async (error) => {
      log.warn({ err: error, agentId: agent.id }, 'backups of a deleted agent could not be removed; the garbage collector retries');
      await markForRemoval(
        context,
        rows.map(({ name }) => ({ kind: 'backup', name })),
      );
    });
    await closeStream(context, agent.id).catch((error) =>
      log.warn({ err: error, agentId: agent.id }, 'live stream could not be removed; the garbage collector retries'),
    );
    if (!(await host.available())) {
      await markForRemoval(context, resourcesOf(names));
      return new Skipped('Docker is not available: container and data are removed when it is back');
    }
    if (await host.removeAll(names, agent.ownerId)) return;
    await markForRemoval(context, resourcesOf(names));
    return new Skipped('A node does not answer: what the agent has there is removed when the node is back');
  });
  return 'removed';
}
