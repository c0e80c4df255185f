import { AppError } from '@agentbot/contracts';
import { newGatewayToken } from '../domain/agents/gateway.ts';
import { stoppedByLimit } from '../domain/containers/disk-limit.ts';
import type { Context } from '../domain/context.ts';
import { readCause, readNewToken } from '../domain/operations/operation-columns.ts';
import type { Step } from '../domain/operations/steps.ts';
import type { AgentUpdate } from '../domain/operations/types.ts';
import { isCurrent } from '../domain/provisioning/create-container.ts';
import { validateBeforeStop, validateStep } from '../domain/provisioning/validate-config.ts';
import type { Agent, Operation } from '../generated/prisma/client.ts';
import { writeAgentSecrets } from '../infra/crypto/agent-secrets.ts';
import { SlotTakenError } from '../infra/docker/container-host.ts';
import { containerNames } from '../infra/docker/layout.ts';
import { readContainerSpec } from '../infra/docker/stored-spec.ts';
import { replaceLegacyModel } from '../infra/openclaw/legacy-models.ts';
import { becomeReady } from './become-ready.ts';
import { recreate, runningState } from './provision.ts';

const STOP_MS = 40_000;

/**
 * Starts the agent's container and waits until it is ready. Recreates the container on its volume, with its former limits and
 * tools, if its configuration or secrets have changed, if it is missing, if another program uses its port, or if its gateway
 * reports another configuration.
 */
export async function startAndAwaitReady(context: Context, agent: Agent, step: Step): Promise<AgentUpdate> {
  const { host } = context;
  if (!(await host.available())) throw new AppError('DOCKER_UNAVAILABLE');
  const spec = readContainerSpec(agent);
  if (!spec) return recreate(context, agent, step);
  const missing = !(await host.inspect(spec.names.container));
  if (missing || !(await isCurrent(context, agent, spec))) return recreate(context, { ...agent, plan: spec.plan }, step);
  try {
    await step('start', 60_000, () => host.start(spec));
  } catch (error) {
    if (error instanceof SlotTakenError) return recreate(context, { ...agent, plan: spec.plan }, step);
    throw error;
  }
  const { state, differing } = await becomeReady(context, agent, spec, step, false);
  if (differing.length === 0) return runningState(state);
  context.log.warn({ agentId: agent.id, settings: differing }, 'the agent runs with other settings than its own; recreating it');
  const onItsPlan = { ...agent, plan: spec.plan };
  await validateStep(context, onItsPlan, spec.image, step);
  await stop(context, agent, step);
  return recreate(context, onItsPlan, step);
}

/** Stops the agent's container; its volume stays. */
export async function stop(context: Context, agent: Agent, step: Step): Promise<AgentUpdate> {
  await step('stop', STOP_MS, async () => {
    await context.gateways.drop(agent.id);
    await context.host.stop(containerNames(agent.id).container);
  });
  return { state: 'stopped', stateReason: null, startedAt: null, observedState: 'exited', observedAt: new Date() };
}

/** Stops the agent on request, or because its data is past its limit; its state then says so. */
export async function stopOnRequest(context: Context, agent: Agent, step: Step, operation: Operation): Promise<AgentUpdate> {
  const stopped = await stop(context, agent, step);
  return readCause(operation) === 'disk-limit' ? { ...stopped, stateReason: stoppedByLimit(agent) } : stopped;
}

/** Validates a changed configuration for a new container, before the present container is stopped. */
async function validateChange(context: Context, agent: Agent, step: Step, operation: Operation) {
  if (!(await context.host.available())) throw new AppError('DOCKER_UNAVAILABLE');
  const spec = readContainerSpec(agent);
  if (spec && !(await isCurrent(context, agent, spec))) await validateBeforeStop(context, { ...agent, plan: spec.plan }, step, operation);
}

/** Starts the agent. If its OpenClaw refuses the new configuration, the agent keeps its former state. */
export async function start(context: Context, agent: Agent, step: Step, operation: Operation): Promise<AgentUpdate> {
  await validateChange(context, agent, step, operation);
  return startAndAwaitReady(context, agent, step);
}

/** Restarts the agent. Replaces a legacy model with its successor, and the gateway token if the operation asks for it. */
export async function restart(context: Context, agent: Agent, step: Step, operation: Operation): Promise<AgentUpdate> {
  const { agent: healedAgent, change, message } = replaceLegacyModel(agent);
  if (message) {
    await step(
      'heal',
      10_000,
      () =>
        context.database.as('service', (tx) =>
          tx.operation.update({ where: { id: operation.id }, data: { result: { healMessage: message } } }),
        ),
      { detail: () => message },
    );
  }
  await validateChange(context, healedAgent, step, operation);
  if (readNewToken(operation)) {
    const { database, envelope } = context;
    await step('token', 10_000, () =>
      database.as('service', (tx) => writeAgentSecrets(tx, envelope, agent, { gatewayToken: newGatewayToken() })),
    );
  }
  await stop(context, agent, step);
  return { ...(await startAndAwaitReady(context, healedAgent, step)), ...change };
}
