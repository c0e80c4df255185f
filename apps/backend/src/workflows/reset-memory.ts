import { AppError } from '@agentbot/contracts';
import { storageOf } from '@agentbot/openclaw-image/versions';
import { gatewayOf } from '../domain/agents/gateway.ts';
import { backUp } from '../domain/backups/backup-archive.ts';
import type { Context } from '../domain/context.ts';
import { RolledBackError } from '../domain/operations/errors.ts';
import { readAgentBefore } from '../domain/operations/operation-columns.ts';
import type { Step } from '../domain/operations/steps.ts';
import type { AgentUpdate } from '../domain/operations/types.ts';
import type { Agent, Operation } from '../generated/prisma/client.ts';
import { readContainerSpec } from '../infra/docker/stored-spec.ts';
import { deleteSessions } from '../infra/openclaw/session-history.ts';
import { startAndAwaitReady, stop } from './start-stop.ts';

/** The paths of OpenClaw's memory in its data folder. Configuration, credentials and devices have other paths. */
const MEMORY = 'agents/*/sessions memory workspace/memory workspace/MEMORY.md';

/** A gateway deletes its sessions one by one. */
const SESSIONS_MS = 5 * 60_000;

/**
 * Archives the agent's data, then clears its sessions and memory. Conversations end but stay readable. Versions that keep
 * sessions in a database clear them themselves, so the agent must run for that; the files are removed while it is stopped.
 */
export async function resetMemory(context: Context, agent: Agent, step: Step, operation: Operation): Promise<AgentUpdate> {
  const { database, host } = context;
  const { state } = readAgentBefore(operation);
  const spec = readContainerSpec(agent);
  const container = spec && (await host.inspect(spec.names.container));
  const endSessions = () =>
    database.as('service', (tx) =>
      tx.chatSession.updateMany({ where: { agentId: agent.id, endedAt: null }, data: { endedAt: new Date() } }),
    );
  if (!container) {
    await endSessions();
    return { state };
  }

  const hasDatabase = storageOf(agent.openclawVersion) !== 'jsonl';
  let current = agent;
  if (hasDatabase && !container.running) {
    await startAndAwaitReady(context, agent, step);
    // A start may recreate the container with another spec.
    const { containerSpec } = await database.as('service', (tx) => tx.agent.findUniqueOrThrow({ where: { id: agent.id } }));
    current = { ...agent, containerSpec };
  }
  let stopped = hasDatabase ? undefined : await stop(context, agent, step);
  /** Puts the agent back into its former state. */
  const resume = async () => {
    if (state === 'stopped') return stopped ?? stop(context, agent, step);
    return stopped ? startAndAwaitReady(context, current, step) : { state };
  };
  const failWith = (sentence: string) => async (error: unknown) => {
    const reason = error instanceof AppError ? `${sentence}: ${error.message}` : sentence;
    throw new RolledBackError(reason, await resume(), error);
  };
  const incomplete = failWith('The memory could not be cleared completely. The backup made before contains all of it');

  await step('backup', 5 * 60_000, (signal) => backUp(context, agent, operation, 'reset-memory', signal)).catch(
    failWith('The memory could not be archived, so it was not cleared'),
  );
  if (hasDatabase) {
    const running = { id: agent.id, state: 'running', runtime: 'container', containerSpec: current.containerSpec } as const;
    await step('sessions', SESSIONS_MS, async (signal) => deleteSessions(await gatewayOf(context, running), signal)).catch(incomplete);
    stopped = await stop(context, agent, step);
  }
  await step('clear', 60_000, () => host.runOnce(spec, `rm -rf ${MEMORY}`)).catch(incomplete);
  await endSessions();
  return resume();
}
