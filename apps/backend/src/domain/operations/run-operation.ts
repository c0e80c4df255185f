import { AppError, type OperationKind, type Plan, type Route, type RouteId, routes } from '@agentbot/contracts';
import type { Agent, Operation, Prisma } from '../../generated/prisma/client.ts';
import { containerNames } from '../../infra/docker/layout.ts';
import { readContainerSpec } from '../../infra/docker/stored-spec.ts';
import { type Actor, tenantOf } from '../../shared/actor.ts';
import { isPaidClone, requireContainer } from '../accounts/entitlements.ts';
import { getAgent } from '../agents/agents.ts';
import { requireNoLapse } from '../billing/lapse.ts';
import { requireAllowedImage } from '../containers/image-policy.ts';
import type { Context } from '../context.ts';
import { operationTypes } from './catalog.ts';
import { readReplacementNotes } from './operation-columns.ts';
import { beginOrReuseOperation } from './operations.ts';
import { waitForOperation } from './watch-operation.ts';

/** By which request each is asked for. */
const askedBy = {
  start: 'startAgent',
  stop: 'stopAgent',
  restart: 'restartAgent',
  update: 'updateAgent',
  repair: 'repairAgent',
  'reset-memory': 'resetAgentMemory',
  backup: 'createBackup',
  restore: 'restoreBackup',
  delete: 'deleteAgent',
} as const satisfies Partial<Record<OperationKind, RouteId>>;
type Asked = keyof typeof askedBy;

/** How long a request waits for the end of what it began: a little less than the web app, or a proxy in front, waits for its answer. */
function timeoutMs(kind: Asked, { OPERATION_WAIT_SECONDS }: Context['config']): number {
  const { timeoutMs = 15_000 }: Route = routes[askedBy[kind]];
  return Math.min(timeoutMs - 5_000, OPERATION_WAIT_SECONDS * 1_000);
}

/** What leaves the agent running. */
const startsAgent: OperationKind[] = ['start', 'restart', 'update', 'repair'];
/** What makes a container where the agent has none; all but the first two make it anew, with what the agent's plan gives now. */
const needsContainer: OperationKind[] = ['start', 'restart', 'update', 'repair', 'restore'];

/** The plan of the container that an agent has, where it gets no more by an operation; a repair is asked for to get what its plan gives. */
function keptPlan(agent: Agent, kind: OperationKind): Plan | undefined {
  if (kind === 'repair') return undefined;
  const spec = readContainerSpec(agent);
  return kind === 'start' || kind === 'restart' || spec?.plan === agent.plan ? spec?.plan : undefined;
}

/**
 * Makes sure that an agent may get the container that an operation makes.
 * @returns the plan that it may make one for
 * @throws AppError PAYMENT_REQUIRED when its owner has no plan that covers it, PROVISIONING_DISABLED for a first one
 */
async function requireEntitlement(
  { accounts, config }: Context,
  actor: Actor,
  agent: Agent,
  kind: OperationKind,
): Promise<Plan | undefined> {
  if (!needsContainer.includes(kind)) return undefined;
  const kept = keptPlan(agent, kind);
  if (!kept && !isPaidClone(agent)) requireContainer(actor, await accounts.find(agent.ownerId), agent);
  if (!agent.containerSpec && !config.PROVISIONING_ENABLED) throw new AppError('PROVISIONING_DISABLED');
  return kept ?? agent.plan;
}

/**
 * Does one lifecycle operation on an agent of the actor and waits for its end.
 * @returns the agent afterwards, `null` when it was deleted, and the operation with what it brought
 * @throws AppError AGENT_NOT_FOUND, PAYMENT_REQUIRED after a lapse or without a plan that covers it, PROVISIONING_DISABLED,
 * OPERATION_IN_PROGRESS, DOCKER_UNAVAILABLE, OPERATION_FAILED with the reason, OPERATION_STILL_RUNNING
 */
export async function runOperation(
  context: Context,
  actor: Actor,
  agentId: string,
  kind: Asked,
  requestId: string,
  input: Prisma.InputJsonObject = {},
): Promise<{ agent: Agent | null; operation: Operation }> {
  const { database, host } = context;
  const tenant = tenantOf(actor);
  const agent = await getAgent(context, actor, agentId);
  const { withoutDocker } = operationTypes[kind];
  if (startsAgent.includes(kind)) await requireNoLapse(context, agent);
  const plan = await requireEntitlement(context, actor, agent, kind);
  if (!withoutDocker && !(await host.available())) throw new AppError('DOCKER_UNAVAILABLE');
  const operation = await beginOrReuseOperation(context, tenant, agent, kind, { requestId, input, plan });
  const outcome = await waitForOperation(context, tenant, operation.id, timeoutMs(kind, context.config));
  if (!outcome.finishedAt) throw new AppError('OPERATION_STILL_RUNNING');
  if (outcome.state !== 'succeeded') throw new AppError('OPERATION_FAILED', outcome.error ?? undefined);
  const after = await database.as(tenant, (tx) => tx.agent.findUnique({ where: { id: agentId } }));
  return { agent: after, operation: outcome };
}

/** Starts an agent; one that runs already is left alone. @throws AppError those of any operation */
export async function startAgent(context: Context, actor: Actor, agentId: string, requestId: string): Promise<void> {
  const agent = await getAgent(context, actor, agentId);
  if (agent.state === 'running' && agent.runtime === 'container' && (await context.host.available())) {
    const state = await context.host.inspect(containerNames(agent.id).container);
    if (state?.running) return;
  }
  await runOperation(context, actor, agentId, 'start', requestId);
}

/** Deletes an agent; silent when the actor has none of that id. */
export async function deleteAgent(context: Context, actor: Actor, agentId: string, requestId: string): Promise<void> {
  await runOperation(context, actor, agentId, 'delete', requestId).catch((error) => {
    if (!(error instanceof AppError) || error.code !== 'AGENT_NOT_FOUND') throw error;
  });
}

/** Moves an agent to another image, by default the platform's. @throws AppError INVALID_REQUEST for one that is not allowed */
export async function updateAgent(context: Context, actor: Actor, agentId: string, given: string | undefined, requestId: string) {
  const image = given ?? context.config.OPENCLAW_IMAGE;
  requireAllowedImage(image, context.config);
  const { agent, operation } = await runOperation(context, actor, agentId, 'update', requestId, { image });
  if (!agent) throw new AppError('AGENT_NOT_FOUND');
  const { previousImage = image, backupPath = null } = readReplacementNotes(operation);
  return { agent, previousImage, backupPath };
}
