import { AppError } from '@agentbot/contracts';
import type { Context } from '../context.ts';
import type { Agent, Operation, Prisma } from '../generated/prisma/client.ts';
import type { AgentChange } from '../jobs/operation-work.ts';
import type { Step } from '../jobs/steps.ts';
import { Undone } from '../jobs/undone.ts';
import { awaitReady } from '../provisioning/await-ready.ts';
import { secretEnvironment } from '../provisioning/create-container.ts';
import { provision, runningIn } from '../provisioning/provision-work.ts';
import { validateOrLeave } from '../provisioning/validate-config.ts';
import type { AgentContainerSpec } from '../runtime/container-host.ts';
import { type Backup, backUp, openBackup } from './backup.ts';
import { stop } from './lifecycle-work.ts';

const MINUTE = 60_000;

/** What the first attempt noted, so that a second one after a crash neither archives a half-changed state nor forgets. */
interface Notes {
  previousImage?: string;
  backup?: Backup;
  backupPath?: string | null;
  /** The container as it was before. */
  spec?: AgentContainerSpec;
}
type Change = Exclude<AgentChange, 'removed'>;

const sentenceOf = (error: unknown) => (error instanceof AppError ? error.message : 'An unexpected error stopped the operation');

/** Puts back the container as it was asked for and, where something was changed already, the data of the backup. */
async function rollBack(
  context: Context,
  spec: AgentContainerSpec,
  version: string | null,
  backup: Backup | undefined,
  signal: AbortSignal,
): Promise<Change> {
  const { host } = context;
  await context.gateways.drop(spec.agentId);
  if (backup) await host.removeData(spec.names);
  const containerId = await host.create(spec, await secretEnvironment(context, spec), []);
  if (backup) await host.unpack(spec.names.container, await openBackup(backup));
  await host.start(spec);
  const state = await awaitReady(context, spec, signal);
  const containerSpec = spec as unknown as Prisma.InputJsonObject;
  return { ...runningIn(state), containerId, containerSpec, image: spec.image, openclawVersion: version };
}

/** Moves the agent to `operation.input.image`: archive, replace, wait; on any failure image and data are put back. */
export async function update(context: Context, agent: Agent, step: Step, operation: Operation): Promise<AgentChange> {
  const { database, host } = context;
  const { image } = operation.input as { image: string };
  const before = operation.agentBefore as { state: Agent['state']; image: string | null };
  const notes = operation.result as Notes;
  const note = (more: Notes) =>
    database.as('service', (tx) =>
      tx.operation.update({
        where: { id: operation.id },
        data: { result: Object.assign(notes, more) as unknown as Prisma.InputJsonObject },
      }),
    );
  // The spec in the row is already the new one when a crash interrupted a first attempt.
  const spec = notes.spec ?? (agent.containerSpec as AgentContainerSpec | null);
  await note({ previousImage: before.image ?? image, backupPath: notes.backupPath ?? null });
  const asBefore = async (change: Change): Promise<Change> =>
    before.state === 'stopped' ? { ...change, ...((await stop(context, agent, step)) as Change) } : change;

  await step('image', 10 * MINUTE, async (signal) => {
    await host.ensureImage(image, signal);
  }).catch((error) => {
    // Nothing was touched yet.
    throw new Undone(sentenceOf(error), { state: before.state }, error);
  });
  if (!notes.backup) await validateOrLeave(context, agent, step, operation, image);
  try {
    if (!spec || (!notes.backup && !(await host.inspect(spec.names.container)))) {
      return (await provision(context, { ...agent, image }, step)) as Change;
    }
    if (!notes.backup) {
      await stop(context, agent, step);
      await step('backup', 10 * MINUTE, async (signal) => {
        const backup = await backUp(context, agent.id, signal);
        await note({ backup, backupPath: backup.path, spec });
        return backup.path;
      });
    }
    return await asBefore((await provision(context, { ...agent, image }, step)) as Change);
  } catch (error) {
    if (!spec) throw error;
    let restored: Change = {};
    await step('rollback', 5 * MINUTE, async (signal) => {
      restored = await rollBack(context, spec, agent.openclawVersion, notes.backup, signal);
      return `Back on ${spec.image}`;
    });
    throw new Undone(`Update failed, the agent is back on ${spec.image}: ${sentenceOf(error)}`, await asBefore(restored), error);
  }
}
