import { AppError } from '@agentbot/contracts';
import { backUp } from '../domain/backups/backup-archive.ts';
import { isDataLost } from '../domain/backups/lost-data.ts';
import { openBackup } from '../domain/backups/open-backup.ts';
import { applyRetention } from '../domain/backups/retention.ts';
import type { Context } from '../domain/context.ts';
import { CancelledError, RolledBackError } from '../domain/operations/errors.ts';
import { type ReplacementNotes, readAgentBefore, readReplacementNotes } from '../domain/operations/operation-columns.ts';
import type { Step } from '../domain/operations/steps.ts';
import type { AgentUpdate } from '../domain/operations/types.ts';
import { awaitReady } from '../domain/provisioning/await-ready.ts';
import { secretEnvironment } from '../domain/provisioning/create-container.ts';
import type { Agent, Backup, Operation } from '../generated/prisma/client.ts';
import { isUniqueViolation } from '../infra/database/database.ts';
import type { AgentContainerSpec } from '../infra/docker/container-host.ts';
import { slotOfAddress } from '../infra/docker/slots.ts';
import { readContainerSpec } from '../infra/docker/stored-spec.ts';
import { runningState } from './provision.ts';
import { stop } from './start-stop.ts';

const MINUTE = 60_000;

interface Replacement {
  cause: 'update' | 'restore' | 'move';
  /** The name of the operation in error sentences. */
  name: string;
  /** Validates the replacement. Changes nothing. */
  prepare: () => Promise<unknown>;
  /** Replaces the container, its data or both, and waits until the agent is ready. `backup`: what the agent had before. */
  replace: (backup: Backup | null) => Promise<AgentUpdate>;
  /** Undoes what the previous container and its data cannot be restored over. Idempotent. */
  undo?: (signal: AbortSignal) => Promise<void>;
}

const sentenceOf = (error: unknown) => (error instanceof AppError ? error.message : 'An unexpected error stopped the operation');

/** Whether work failed because the engine is unavailable. When it is back, a retry continues the replacement or the rollback. */
const isEngineUnavailable = async ({ host }: Context, error: unknown) =>
  (error instanceof AppError && error.code === 'DOCKER_UNAVAILABLE') || !(await host.ping());

/** Restores the previous container and, if there is a backup, its data. */
async function restorePrevious(
  context: Context,
  spec: AgentContainerSpec,
  version: string | null,
  backup: Backup | null,
  signal: AbortSignal,
): Promise<AgentUpdate> {
  const { host, gateways, database } = context;
  await gateways.drop(spec.agentId);
  if (backup) await host.removeData(spec.names);
  const data = backup ? () => openBackup(context, backup) : undefined;
  // The attempt may have leased other ports; the previous container has its own, which its address proves.
  const slot = slotOfAddress(context.config.AGENT_SUBNET, spec.subnet.split('/')[0] as string);
  if (slot !== undefined)
    await database
      .as('service', (tx) => tx.agent.update({ where: { id: spec.agentId }, data: { slot } }))
      .catch((error) => {
        // Another agent has leased them meanwhile: the start tells.
        if (!isUniqueViolation(error)) throw error;
      });
  const containerId = await host.create(spec, await secretEnvironment(context, spec), [], { data, signal });
  await host.start(spec);
  const state = await awaitReady(context, spec, signal);
  return { ...runningState(state), containerId, containerSpec: spec, image: spec.image, openclawVersion: version };
}

/**
 * Replaces an agent's container or data: stops, archives, replaces, waits until ready. Rolls back container and data after a
 * failure or a cancellation.
 * @throws RolledBackError with the change of the agent's row after the rollback
 * @throws AppError OPERATION_FAILED when the rollback fails; DOCKER_UNAVAILABLE, to retry when the engine is back
 */
export async function replaceWithRollback(
  context: Context,
  agent: Agent,
  step: Step,
  operation: Operation,
  { cause, name, prepare, replace, undo }: Replacement,
): Promise<AgentUpdate> {
  const { database, backups } = context;
  const before = readAgentBefore(operation);
  const notes = readReplacementNotes(operation);
  const addNotes = (newNotes: ReplacementNotes) =>
    database.as('service', (tx) =>
      tx.operation.update({
        where: { id: operation.id },
        data: { result: Object.assign(notes, newNotes) },
      }),
    );
  // After a crash the row may already have the new spec.
  const spec = notes.spec ?? readContainerSpec(agent);
  const withPreviousState = async (change: AgentUpdate): Promise<AgentUpdate> => ({
    ...change,
    ...(before.state === 'stopped' && (await stop(context, agent, step))),
  });

  const archived = async (): Promise<Backup | null> => {
    const { backupId } = notes;
    return backupId ? database.as('service', (tx) => tx.backup.findUniqueOrThrow({ where: { id: backupId } })) : null;
  };

  if (!notes.backupId) {
    await addNotes({ backupPath: null, ...(before.image && { previousImage: before.image }) });
    await prepare().catch((error) => {
      const sentence = sentenceOf(error);
      throw new RolledBackError(sentence, { state: before.state, ...(before.state === 'error' && { stateReason: sentence }) }, error);
    });
  }
  // There is nothing to archive, and nothing to go back to.
  if (!spec || (!notes.backupId && (await isDataLost(context, agent)))) return withPreviousState(await replace(null));
  try {
    if (notes.undoing) throw notes.undoing.cancelled ? new CancelledError() : new AppError('OPERATION_FAILED', notes.undoing.sentence);
    if (!notes.backupId) {
      await stop(context, agent, step);
      await step(
        'backup',
        30 * MINUTE,
        async (signal) => {
          const backup = await backUp(context, agent, operation, cause, signal);
          await addNotes({ backupId: backup.id, backupPath: backups.address(backup.name), spec });
          return backup;
        },
        { detail: (backup) => backup.name },
      );
    }
    const change = await withPreviousState(await replace(await archived()));
    await applyRetention(context, agent).catch((error) =>
      context.log.warn({ err: error, agentId: agent.id }, 'old backups could not be removed; a later run retries'),
    );
    return change;
  } catch (error) {
    if (!notes.undoing && (await isEngineUnavailable(context, error))) throw error;
    const { backupId } = notes;
    const goBack = async (signal: AbortSignal) => {
      await addNotes({ spec, undoing: { sentence: sentenceOf(error), cancelled: error instanceof CancelledError } });
      await undo?.(signal);
      return restorePrevious(context, spec, agent.openclawVersion, await archived(), signal);
    };
    const options = { detail: () => `Back on ${spec.image}`, isCompensation: true };
    const restored = await step('rollback', 30 * MINUTE, goBack, options).catch(async (cause) => {
      if (await isEngineUnavailable(context, cause)) throw cause;
      const where = backupId ? `. The agent's data is in the backup ${backupId}` : '';
      throw new AppError('OPERATION_FAILED', `${name} failed, and the rollback failed too: ${sentenceOf(cause)}${where}`, {
        cause,
      });
    });
    throw new RolledBackError(
      `${name} failed, the agent is back on ${spec.image}: ${sentenceOf(error)}`,
      await withPreviousState(restored),
      error,
    );
  }
}
