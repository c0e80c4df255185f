import { AppError } from '@agentbot/contracts';
import type { Context } from '../context.ts';
import type { Agent } from '../generated/prisma/client.ts';
import type { AgentChange } from '../jobs/operation-work.ts';
import { SkipStep, type Step } from '../jobs/steps.ts';
import type { AgentContainerSpec, ContainerState } from '../runtime/container-host.ts';
import { awaitReady } from './await-ready.ts';
import { createContainer } from './create-container.ts';
import { validateStep } from './validate-config.ts';

const MINUTE = 60_000;

/** What a ready container changes in its agent's row. */
export function runningIn(state: ContainerState): Exclude<AgentChange, 'removed'> {
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
 * Provisions an agent: image, configuration, container, start, ready. Without a Docker Engine the agent runs all the same, answered
 * for by the backend itself, until the reconciler gives it a container.
 */
export async function provision(context: Context, agent: Agent, step: Step): Promise<AgentChange> {
  const { host, config } = context;
  const image = agent.image ?? config.OPENCLAW_IMAGE;
  let version = '';
  const hasDocker = await step('image', 10 * MINUTE, async (signal) => {
    if (!(await host.available())) throw new SkipStep('Docker is not available: the agent answers without a container');
    const found = await host.ensureImage(image, signal);
    version = found.version;
    return found.pulled ? `Pulled ${image}` : image;
  });
  if (!hasDocker) return { state: 'running', stateReason: null, runtime: 'api', startedAt: new Date() };

  await validateStep(context, agent, image, step);
  let spec: AgentContainerSpec | undefined;
  await step('create', MINUTE, async () => {
    spec = await createContainer(context, agent, image, version);
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
  return { ...runningIn(ready as ContainerState), openclawVersion: version };
}
