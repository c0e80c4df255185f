import { backUp } from '../domain/backups/backup-archive.ts';
import type { Context } from '../domain/context.ts';
import { RolledBackError } from '../domain/operations/errors.ts';
import { readAgentBefore } from '../domain/operations/operation-columns.ts';
import type { Step } from '../domain/operations/steps.ts';
import type { AgentUpdate } from '../domain/operations/types.ts';
import type { Agent, Operation } from '../generated/prisma/client.ts';
import { readContainerSpec } from '../infra/docker/stored-spec.ts';
import { storageOf } from '../infra/openclaw/versions.ts';
import { startAndAwaitReady, stop } from './start-stop.ts';

/** The paths of OpenClaw's memory in its data folder. Configuration, credentials and devices have other paths. */
const MEMORY = 'agents/*/sessions memory workspace/memory workspace/MEMORY.md';

/** Archives the agent's data, then clears its sessions and memory. Conversations end but stay readable. */
export async function resetMemory(context: Context, agent: Agent, step: Step, operation: Operation): Promise<AgentUpdate> {
  const { database, host } = context;
  const { state } = readAgentBefore(operation);
  const spec = readContainerSpec(agent);
  const hasContainer = spec && (await host.inspect(spec.names.container));
  const storage = storageOf(agent.openclawVersion);
  if (hasContainer && storage !== 'jsonl') {
    const reason =
      storage === 'sqlite'
        ? `OpenClaw ${agent.openclawVersion} keeps conversations in a database, which cannot be cleared yet`
        : 'The image does not state its version of OpenClaw, so the location of its conversations is unknown';
    throw new RolledBackError(`${reason}. Nothing was changed`, { state }, null);
  }
  const stoppedChange = hasContainer ? await stop(context, agent, step) : { state };
  const resume = () => (hasContainer && state !== 'stopped' ? startAndAwaitReady(context, agent, step) : stoppedChange);
  if (hasContainer) {
    try {
      await step('backup', 5 * 60_000, (signal) => backUp(context, agent, operation, 'reset-memory', signal));
    } catch (error) {
      throw new RolledBackError('The memory could not be archived, so it was not cleared', await resume(), error);
    }
    await step('clear', 60_000, () => host.runOnce(spec, `rm -rf ${MEMORY}`)).catch(async (error) => {
      throw new RolledBackError(
        'The memory could not be cleared completely. The backup made before contains all of it',
        await resume(),
        error,
      );
    });
  }
  await database.as('service', (tx) =>
    tx.chatSession.updateMany({ where: { agentId: agent.id, endedAt: null }, data: { endedAt: new Date() } }),
  );
  return resume();
}
