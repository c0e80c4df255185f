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

/** The route that requests each kind of operation. */
const routeOf = {
  start: 'startAgent',
  stop: 'stopAgent',
  restart: 'restartAgent',
  update: 'updateAgent',
  configure: 'applyAgentConfig',
  repair: 'repairAgent',
  'reset-memory': 'resetAgentMemory',
  backup: 'createBackup',
  restore: 'restoreBackup',
  delete: 'deleteAgent',
} as const satisfies Partial<Record<OperationKind, RouteId>>;
type RequestedKind = keyof typeof routeOf;

/** How long a request waits for the end of its operation: five seconds less than the route's timeout at the client or proxy. */
function timeoutMs(kind: RequestedKind, { OPERATION_WAIT_SECONDS }: Context['config']): number {
  const { timeoutMs = 15_000 }: Route = routes[routeOf[kind]];
  return Math.min(timeoutMs - 5_000, OPERATION_WAIT_SECONDS * 1_000);
}

/** The operations after which the agent runs. */
const startsAgent: OperationKind[] = ['start', 'restart', 'update', 'configure', 'repair'];
/** The operations that create a missing container. All but `start` and `restart` recreate it for the agent's present plan. */
const needsContainer: OperationKind[] = ['start', 'restart', 'update', 'configure', 'repair', 'restore'];

/**
 * The plan of the existing container, if the operation gives the agent nothing beyond it. A repair always applies the
 * agent's plan.
 */
function keptPlan(agent: Agent, kind: OperationKind): Plan | undefined {
  if (kind === 'repair') return undefined;
  const spec = readContainerSpec(agent);
  return kind === 'start' || kind === 'restart' || spec?.plan === agent.plan ? spec?.plan : undefined;
}

/**
 * Checks that the agent may get the container of an operation.
 * @returns the plan that the operation may create a container for
 * @throws AppError PAYMENT_REQUIRED when no plan of the owner covers the container, PROVISIONING_DISABLED for a first container
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
 * Runs one lifecycle operation on an agent of the actor and waits for its end.
 * @returns the agent afterwards, `null` when it was deleted, and the operation with its result
 * @throws AppError AGENT_NOT_FOUND, PAYMENT_REQUIRED after a lapse or without a plan that covers the agent, PROVISIONING_DISABLED,
 * OPERATION_IN_PROGRESS, DOCKER_UNAVAILABLE, OPERATION_FAILED with the reason, OPERATION_STILL_RUNNING
 */
export async function runOperation(
  context: Context,
  actor: Actor,
  agentId: string,
  kind: RequestedKind,
  requestId: string,
  input: Prisma.InputJsonObject = {},
): Promise<{ agent: Agent | null; operation: Operation }> {
  const agent = await getAgent(context, actor, agentId);
  if (startsAgent.includes(kind)) await requireNoLapse(context, agent);
  const plan = await requireEntitlement(context, actor, agent, kind);
  return runEntitledOperation(context, actor, agent, kind, { requestId, input, plan });
}

/**
 * Runs a lifecycle operation that the caller has found to be allowed, and waits for its end.
 * @param plan the plan that the operation may create a container for
 * @throws AppError OPERATION_IN_PROGRESS, DOCKER_UNAVAILABLE, OPERATION_FAILED with the reason, OPERATION_STILL_RUNNING
 */
export async function runEntitledOperation(
  context: Context,
  actor: Actor,
  agent: Agent,
  kind: RequestedKind,
  options: { requestId: string; input: Prisma.InputJsonObject; plan: Plan | undefined },
): Promise<{ agent: Agent | null; operation: Operation }> {
  const { database, host } = context;
  const tenant = tenantOf(actor);
  const { withoutDocker } = operationTypes[kind];
  if (!withoutDocker && !(await host.available())) throw new AppError('DOCKER_UNAVAILABLE');
  const operation = await beginOrReuseOperation(context, tenant, agent, kind, options);
  const latest = await waitForOperation(context, tenant, operation.id, timeoutMs(kind, context.config));
  if (!latest.finishedAt) throw new AppError('OPERATION_STILL_RUNNING');
  if (latest.state !== 'succeeded') throw new AppError('OPERATION_FAILED', latest.error ?? undefined);
  const after = await database.as(tenant, (tx) => tx.agent.findUnique({ where: { id: agent.id } }));
  return { agent: after, operation: latest };
}

/** Starts an agent. Does nothing for a running agent. @throws AppError as `runOperation` */
export async function startAgent(context: Context, actor: Actor, agentId: string, requestId: string): Promise<void> {
  const agent = await getAgent(context, actor, agentId);
  if (agent.state === 'running' && agent.runtime === 'container' && (await context.host.available())) {
    const state = await context.host.inspect(containerNames(agent.id).container);
    if (state?.running) return;
  }
  await runOperation(context, actor, agentId, 'start', requestId);
}

/** Deletes an agent. Does nothing when the actor has no agent of that id. @throws AppError as `runOperation` */
export async function deleteAgent(context: Context, actor: Actor, agentId: string, requestId: string): Promise<void> {
  await runOperation(context, actor, agentId, 'delete', requestId).catch((error) => {
    if (!(error instanceof AppError) || error.code !== 'AGENT_NOT_FOUND') throw error;
  });
}

/**
 * Moves an agent to another image, by default the platform's.
 * @throws AppError INVALID_REQUEST for an image that is not allowed, else as `runOperation`
 */
export async function updateAgent(context: Context, actor: Actor, agentId: string, requested: string | undefined, requestId: string) {
  const image = requested ?? context.config.OPENCLAW_IMAGE;
  requireAllowedImage(image, context.config);
  const { agent, operation } = await runOperation(context, actor, agentId, 'update', requestId, { image });
  if (!agent) throw new AppError('AGENT_NOT_FOUND');
  const { previousImage = image, backupPath = null } = readReplacementNotes(operation);
  return { agent, previousImage, backupPath };
}
