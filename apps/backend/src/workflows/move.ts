import { AppError } from '@agentbot/contracts';
import { canReadStorage } from '@agentbot/openclaw-image/versions';
import { checkBackup, openBackup } from '../domain/backups/open-backup.ts';
import { requireRoomForArchive } from '../domain/backups/room.ts';
import type { Context } from '../domain/context.ts';
import { requireSwarm } from '../domain/nodes/nodes.ts';
import { readMoveInput } from '../domain/operations/operation-columns.ts';
import { Skipped, type Step } from '../domain/operations/steps.ts';
import type { AgentUpdate } from '../domain/operations/types.ts';
import type { Agent, Backup, Operation } from '../generated/prisma/client.ts';
import { containerNames } from '../infra/docker/layout.ts';
import { readContainerSpec } from '../infra/docker/stored-spec.ts';
import { recreate } from './provision.ts';
import { replaceWithRollback } from './replace-with-rollback.ts';

const MINUTE = 60_000;

/** Gives the agent its new place, if it is still at the former one: a second attempt after a crash continues there. */
async function takePlace(context: Context, agent: Agent, step: Step, { from, to }: { from: string; to?: string | undefined }) {
  const swarm = requireSwarm(context);
  const spec = readContainerSpec(agent);
  await step(
    'place',
    MINUTE,
    async (signal) => {
      const present = await swarm.nodeOf(agent.id);
      const id = spec && (!present || present === from) ? await swarm.move(spec, to, signal) : present;
      return (await swarm.nodes()).find((node) => node.id === id);
    },
    { detail: (node) => (node ? `On the node ${node.name}` : 'On another node') },
  );
}

/** Moves an agent whose node cannot be reached: it continues elsewhere from its newest backup. */
async function moveFromBackup(context: Context, agent: Agent, step: Step, input: ReturnType<typeof readMoveInput>): Promise<AgentUpdate> {
  const backups = await context.database.as('service', (tx) =>
    tx.backup.findMany({ where: { agentId: agent.id }, orderBy: [{ createdAt: 'desc' }, { id: 'desc' }] }),
  );
  const backup = backups.find(({ openclawVersion }) => canReadStorage(agent.openclawVersion, openclawVersion));
  if (!backup) throw new AppError('OPERATION_FAILED', 'The agent has no backup that its version of OpenClaw can read');
  await step('check', 30 * MINUTE, (signal) => checkBackup(context, backup, signal), {
    detail: () => `The agent continues from the backup of ${backup.createdAt.toISOString()}`,
  });
  await context.gateways.drop(agent.id);
  await takePlace(context, agent, step, input);
  return recreate(context, agent, step, () => openBackup(context, backup));
}

/**
 * Moves an agent to the node `operation.input.to`, or to one that the swarm chooses: stops it, archives its data, creates it there from
 * the archive, and removes it from the former node. Back on that node when it does not become ready.
 */
export async function move(context: Context, agent: Agent, step: Step, operation: Operation): Promise<AgentUpdate> {
  const swarm = requireSwarm(context);
  const input = readMoveInput(operation);
  if (input.fromBackup) return moveFromBackup(context, agent, step, input);
  const names = containerNames(agent.id);
  const leave = async (node: string) => {
    await swarm.removeFrom(node, names, agent.ownerId);
  };
  return replaceWithRollback(context, agent, step, operation, {
    cause: 'move',
    name: 'Move',
    async prepare() {
      if (!(await context.host.available())) throw new AppError('DOCKER_UNAVAILABLE');
      const spec = readContainerSpec(agent);
      if (spec) await step('room', 10 * MINUTE, (signal) => requireRoomForArchive(context, agent, spec, signal));
    },
    async replace(backup: Backup | null) {
      await takePlace(context, agent, step, input);
      const change = await recreate(context, agent, step, backup ? () => openBackup(context, backup) : undefined);
      await step('clean', 2 * MINUTE, () =>
        leave(input.from).catch((error) => {
          context.log.warn({ err: error, agentId: agent.id }, 'a moved agent could not be removed from its former node');
          return new Skipped('The former node could not be cleaned: its container is removed when the node answers, its volume is listed');
        }),
      );
      return change;
    },
    async undo(signal) {
      const spec = readContainerSpec(agent);
      const present = await swarm.nodeOf(agent.id);
      if (!spec || present === input.from) return;
      if (present)
        await leave(present).catch((error) =>
          context.log.warn({ err: error, agentId: agent.id }, 'a failed move left something on a node'),
        );
      await swarm.move(spec, input.from, signal);
    },
  });
}
