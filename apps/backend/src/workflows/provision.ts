import { AppError } from '@agentbot/contracts';
import { isDataLost, replacementOfLostData } from '../domain/backups/lost-data.ts';
import { checkBackup, openBackup } from '../domain/backups/open-backup.ts';
import type { Context } from '../domain/context.ts';
import { Skipped, type Step } from '../domain/operations/steps.ts';
import type { AgentUpdate } from '../domain/operations/types.ts';
import { createContainer } from '../domain/provisioning/create-container.ts';
import { validateStep } from '../domain/provisioning/validate-config.ts';
import { warmStep } from '../domain/provisioning/warm-image.ts';
import type { Agent, Backup } from '../generated/prisma/client.ts';
import type { ContainerState, OpenData } from '../infra/docker/container-host.ts';
import { becomeReady } from './become-ready.ts';

const MINUTE = 60_000;

/** The columns of an agent's row that a ready container changes. */
export function runningState(state: ContainerState): AgentUpdate {
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
 * Provisions an agent. Without a Docker Engine the agent runs without a container: the backend answers for it until the
 * reconciler provisions one.
 */
export async function provision(context: Context, agent: Agent, step: Step): Promise<AgentUpdate> {
  if (await context.host.available()) return recreate(context, agent, step);
  await step('image', MINUTE, async () => new Skipped('Docker is not available: the agent answers without a container'));
  return { state: 'running', stateReason: null, runtime: 'api', startedAt: new Date() };
}

/** Chooses and checks the backup that replaces lost data, and tells what the agent gets. */
const dataStep = (context: Context, agent: Agent, image: string, version: string, step: Step): Promise<Backup | null> =>
  step(
    'data',
    30 * MINUTE,
    async (signal) => {
      const backup = await replacementOfLostData(context, agent, image, version, signal);
      if (backup) await checkBackup(context, backup, signal);
      return backup;
    },
    {
      detail: (backup) =>
        backup
          ? `The agent's data was gone from this machine: it gets the backup of ${backup.createdAt.toISOString()}`
          : "The agent's data was gone from this machine, and there is no backup of it: it starts without data",
    },
  );

/**
 * Recreates an agent's container on its volume, and waits until it is ready. An agent whose volume is gone gets the data of its
 * newest backup.
 * @param data opens a tar stream that is unpacked into the volume first
 */
export async function recreate(context: Context, agent: Agent, step: Step, data?: OpenData): Promise<AgentUpdate> {
  const { host, config } = context;
  const image = agent.image ?? config.OPENCLAW_IMAGE;
  const { version } = await step('image', 10 * MINUTE, (signal) => host.ensureImage(image, signal), {
    detail: ({ pulled }) => (pulled ? `Pulled ${image}` : image),
  });
  await validateStep(context, agent, image, step);
  await warmStep(context, image, version, step);
  const lost = !data && (await isDataLost(context, agent));
  const replacement = lost ? await dataStep(context, agent, image, version, step) : null;
  const contents = replacement ? () => openBackup(context, replacement) : data;
  const createMs = (contents ? 30 : 1) * MINUTE;
  const spec = await step('create', createMs, (signal) => createContainer(context, agent, image, version, contents, signal), {
    detail: ({ names, bind }) => `${names.container} on port ${bind.gateway}`,
  });
  await step(
    'start',
    MINUTE,
    async () => {
      const state = await host.inspect(spec.names.container);
      if (!state) throw new AppError('OPERATION_FAILED', 'The container vanished after it was created');
      return state;
    },
    { detail: ({ startedAt, status }) => (startedAt ? `Started ${startedAt.toISOString()}` : status) },
  );
  const { state } = await becomeReady(context, { ...agent, openclawVersion: version }, spec, step, true);
  return { ...runningState(state), openclawVersion: version };
}
