import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '../context.ts';
import { forgetOldAnswers } from '../http/idempotency.ts';
import { operationTypes } from '../jobs/catalog.ts';
import { beginOperation, QUEUE } from '../jobs/operations.ts';
import { containerNames } from './agent-container.ts';

const INTERVAL_MS = 60_000;
/** How long past its deadline an operation may stand open before it counts as lost. */
const GRACE_MS = 2 * 60_000;

/** Ends operations whose job is gone, so that no agent is stuck: the agent goes to `error` with the reason. */
async function endLostOperations({ database, boss, log }: Context) {
  const open = await database.as('service', (tx) => tx.operation.findMany({ where: { finishedAt: null } }));
  for (const operation of open) {
    const limit = operationTypes[operation.kind as keyof typeof operationTypes].deadlineMs + GRACE_MS;
    const jobs = await boss.findJobs(QUEUE, { data: { operationId: operation.id } });
    const alive = jobs.some((job) => ['created', 'retry', 'active'].includes(job.state));
    if (alive && Date.now() - operation.createdAt.getTime() < limit) continue;
    const error = 'The operation was interrupted and could not be resumed';
    log.warn({ operationId: operation.id, agentId: operation.agentId }, error);
    await database.as('service', async (tx) => {
      await tx.operation.update({ where: { id: operation.id }, data: { state: 'failed', error, finishedAt: new Date() } });
      await tx.agent.updateMany({ where: { id: operation.agentId }, data: { state: 'error', stateReason: error } });
    });
  }
}

/** Writes down what the engine says of an agent's container, and corrects a state that is no longer true. */
async function observe({ database, host, gateways }: Context, agentId: string) {
  await database.as('service', async (tx) => {
    // An operation that ends meanwhile waits for this lock, so neither the row nor the container is older than the other.
    await tx.$queryRaw`SELECT 1 FROM agents WHERE id = ${agentId} FOR UPDATE`;
    const container = await host.inspect(containerNames(agentId).container);
    const agent = await tx.agent.findUnique({ where: { id: agentId } });
    if (agent?.runtime !== 'container') return;
    const working = await tx.operation.count({ where: { agentId, finishedAt: null } });
    const died = agent.state === 'running' && !container?.running && !working;
    if (died) await gateways.drop(agentId);
    const reason = container?.oomKilled
      ? "The agent's container ran out of memory"
      : `The agent's container ended (exit code ${container?.exitCode ?? 'unknown'})`;
    await tx.agent.update({
      where: { id: agentId },
      data: {
        observedState: container?.status ?? 'missing',
        observedAt: new Date(),
        ...(container?.running && agent.state === 'running' ? { startedAt: container.startedAt } : {}),
        ...(died ? { state: 'error', stateReason: reason, startedAt: null } : {}),
      },
    });
  });
}

/** Gives a container to each agent that was provisioned while there was no Docker. */
async function adoptContainerless({ database, boss, log }: Context) {
  await database.as('service', async (tx) => {
    const agents = await tx.agent.findMany({ where: { runtime: 'api', state: 'running' } });
    for (const agent of agents) {
      if (await tx.operation.count({ where: { agentId: agent.id, finishedAt: null } })) continue;
      log.info({ agentId: agent.id }, 'Docker is back: the agent gets its container');
      await beginOperation(tx, boss, agent, 'provision');
    }
  });
}

async function reconcileOnce(context: Context) {
  await endLostOperations(context);
  await context.database.untenanted.usedAssertion.deleteMany({ where: { expiresAt: { lt: new Date() } } });
  await forgetOldAnswers(context);
  if (!(await context.host.available())) return;
  await adoptContainerless(context);
  const rows = await context.database.as('service', (tx) =>
    tx.agent.findMany({ where: { runtime: 'container', state: { in: ['running', 'stopped'] } }, select: { id: true } }),
  );
  for (const { id } of rows) await observe(context, id);
}

/**
 * Compares what should be with what is: at start, on the engine's events, and once a minute, until aborted. One failed
 * round is logged and the next one tried.
 */
export async function runReconciler(context: Context, signal: AbortSignal): Promise<void> {
  const { host, config, log } = context;
  const report = (error: unknown) => {
    if (!signal.aborted) log.warn({ err: error }, 'reconciling failed; trying again');
  };
  const rounds = async () => {
    while (!signal.aborted) {
      await reconcileOnce(context).catch(report);
      await sleep(INTERVAL_MS, undefined, { signal }).catch(() => undefined);
    }
  };
  const events = async () => {
    while (!signal.aborted) {
      if (await host.available()) {
        await host.watch(config.INSTALLATION, signal, (agentId) => void observe(context, agentId).catch(report)).catch(report);
      }
      await sleep(2_000, undefined, { signal }).catch(() => undefined);
    }
  };
  await Promise.all([rounds(), events()]);
}
