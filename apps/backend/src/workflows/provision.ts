import { AppError } from '@agentbot/contracts';
import type { Context } from '../domain/context.ts';
import { SkipStep, type Step } from '../domain/operations/steps.ts';
import type { AgentChange } from '../domain/operations/types.ts';
import { awaitReady } from '../domain/provisioning/await-ready.ts';
import { createContainer } from '../domain/provisioning/create-container.ts';
import { validateStep } from '../domain/provisioning/validate-config.ts';
import { warmStep } from '../domain/provisioning/warm-image.ts';
import type { Agent } from '../generated/prisma/client.ts';
import type { AgentContainerSpec, ContainerState, OpenData } from '../infra/docker/container-host.ts';

const MINUTE = 60_000;

/** What a ready container changes in its agent's row. */
export function runningState(state: ContainerState): Exclude<AgentChange, 'removed'> {
  return {
    state: 'running',
    stateReason: null,
    runtime: 'container',
    containerId: state.id,
    startedAt: state.startedAt,
    observedState: state.status,
    observedAt: new Date(),
  };
}

/**
 * Provisions an agent. Without a Docker Engine it runs all the same, answered for by the backend itself, until the reconciler
 * gives it a container.
 */
export async function provision(context: Context, agent: Agent, step: Step): Promise<AgentChange> {
  if (await context.host.available()) return recreate(context, agent, step);
  await step('image', MINUTE, async () => {
    throw new SkipStep('Docker is not available: the agent answers without a container');
  });
  return { state: 'running', stateReason: null, runtime: 'api', startedAt: new Date() };
}

/**
 * Makes an agent's container anew on its volume: image, configuration, cache, container, start, ready.
 * @param data opens a tar stream that is put into the volume first
 */
export async function recreate(context: Context, agent: Agent, step: Step, data?: OpenData): Promise<AgentChange> {
  const { host, config } = context;
  const image = agent.image ?? config.OPENCLAW_IMAGE;
  let version = '';
  await step('image', 10 * MINUTE, async (signal) => {
    const found = await host.ensureImage(image, signal);
    version = found.version;
    return found.pulled ? `Pulled ${image}` : image;
  });

  await validateStep(context, agent, image, step);
  await warmStep(context, image, version, step);
  let spec: AgentContainerSpec | undefined;
  await step('create', (data ? 30 : 1) * MINUTE, async (signal) => {
    spec = await createContainer(context, agent, image, version, data, signal);
    return `${spec.names.container} on port ${spec.bind.gateway}`;
  });
  const made = spec as AgentContainerSpec;
  await step('start', MINUTE, async () => {
    const state = await host.inspect(made.names.container);
    if (!state) throw new AppError('OPERATION_FAILED', 'The container vanished after it was created');
    return state.startedAt ? `Started ${state.startedAt.toISOString()}` : state.status;
  });
  let ready: ContainerState | undefined;
  await step('ready', config.READY_TIMEOUT_SECONDS * 1000, async (signal) => {
    ready = await awaitReady(context, made, signal);
    return `OpenClaw ${version}`;
  });
  return { ...runningState(ready as ContainerState), openclawVersion: version };
}
