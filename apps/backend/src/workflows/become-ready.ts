import type { Context } from '../domain/context.ts';
import type { Step } from '../domain/operations/steps.ts';
import { awaitReady, ContainerExitedError } from '../domain/provisioning/await-ready.ts';
import { differenceError, differingSettings } from '../domain/provisioning/read-config-back.ts';
import type { Agent } from '../generated/prisma/client.ts';
import type { AgentContainerSpec, ContainerState } from '../infra/docker/container-host.ts';
import { OPENCLAW_FUNCTION } from '../infra/docker/container-options.ts';

const DOCTOR_MS = 10 * 60_000;
/** Doctor loads all of OpenClaw and starts processes of its own. */
const DOCTOR_LIMITS = { memoryBytes: 2 * 1024 ** 3, pids: 256 };
/**
 * Runs OpenClaw's own repair of an agent's data. Doctor may change the configuration: the platform's own is put back. Its exit
 * code also tells of warnings, so the next start decides whether the repair was enough. `external`: no service manager runs
 * the gateway in its container.
 */
const RUN_DOCTOR = `${OPENCLAW_FUNCTION}
mkdir /tmp/before && cp -p openclaw.json openclaw.json.bak /tmp/before
OPENCLAW_SERVICE_REPAIR_POLICY=external run doctor --fix --non-interactive || true
cp -p /tmp/before/openclaw.json /tmp/before/openclaw.json.bak .`;

/** A ready container, and the settings that its gateway reports with other values than those it was created with. */
export interface Ready {
  state: ContainerState;
  differing: string[];
}

/**
 * Waits until a started container's gateway is ready, and reads its configuration back. When the gateway exits because its
 * data must be repaired first, runs OpenClaw's doctor once on the volume and starts the gateway again.
 * @param agent its row, with the version and the image of the container
 * @param isNew whether the configuration has just been written: a difference is then an error
 */
export async function becomeReady(context: Context, agent: Agent, spec: AgentContainerSpec, step: Step, isNew: boolean): Promise<Ready> {
  const { host, config } = context;
  const version = agent.openclawVersion ?? 'of an unknown version';
  const waitUntilReady = async (signal: AbortSignal) => {
    const state = await awaitReady(context, spec, signal);
    // A gateway that restarts itself after its start closes the connection: it is asked once more when it is ready again.
    const differing = await differingSettings(context, agent, spec).catch(async (error) => {
      context.log.warn({ err: error, agentId: agent.id }, 'the configuration could not be read back; asking once more');
      await awaitReady(context, spec, signal);
      return differingSettings(context, agent, spec);
    });
    if (isNew && differing.length > 0) throw differenceError(version, differing);
    return { state, differing };
  };
  const ready = () => step('ready', config.READY_TIMEOUT_SECONDS * 1000, waitUntilReady, { detail: () => `OpenClaw ${version}` });
  try {
    return await ready();
  } catch (error) {
    if (!(error instanceof ContainerExitedError) || !error.needsDoctor) throw error;
  }
  await step('doctor', DOCTOR_MS, async (signal) => {
    await host.stop(spec.names.container);
    await host.runOnce(spec, RUN_DOCTOR, { ...DOCTOR_LIMITS, variables: Object.keys(spec.secretEnv), signal });
    signal.throwIfAborted();
    await host.start(spec);
  });
  return ready();
}
