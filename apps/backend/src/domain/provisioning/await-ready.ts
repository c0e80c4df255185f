import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '@agentbot/contracts';
import { agentSecretValues } from '../../infra/crypto/agent-secrets.ts';
import type { AgentContainerSpec, ContainerState } from '../../infra/docker/container-host.ts';
import type { GatewayAddress } from '../../infra/openclaw/gateway-connection.ts';
import { redact } from '../../shared/redact.ts';
import { gatewayAddress } from '../agents/gateway.ts';
import { exitReason } from '../containers/exit-reason.ts';
import type { Context } from '../context.ts';

const POLL_MS = 150;
const MAX_RESTARTS_SEEN = 3;
const MAX_REASON = 300;

/** The status that a gateway answers `/healthz` with; null without an answer within two seconds. */
async function healthOf({ url, transport }: GatewayAddress): Promise<number | null> {
  const signal = AbortSignal.timeout(2_000);
  const asked = get(`${url.replace('ws:', 'http:')}/healthz`, { signal, agent: transport ?? false });
  try {
    const [response] = (await once(asked, 'response', { signal })) as [IncomingMessage];
    response.destroy();
    return response.statusCode ?? null;
  } catch {
    return null;
  }
}

/**
 * Probes an agent's gateway: it must answer `/healthz` with 200 and authorise the platform's own device.
 * @returns why the agent is not ready, as the end of a sentence; null when it is ready
 */
async function probe({ gateways }: Pick<Context, 'gateways'>, spec: AgentContainerSpec, address: GatewayAddress): Promise<string | null> {
  const health = await healthOf(address);
  if (health === null) return 'its gateway does not answer';
  if (health !== 200) return `its gateway answers /healthz with ${health}`;
  return gateways.get(spec.agentId, address).then(
    () => null,
    (error: Error) => `its gateway does not accept the platform: ${error.message}`,
  );
}

/** Whether an agent's gateway answers `/healthz` and authorises the platform's own device. */
export const isReady = async (context: Context, spec: AgentContainerSpec, address: GatewayAddress): Promise<boolean> =>
  (await probe(context, spec, address)) === null;

/** Exit code of a gateway that no restart helps: EX_CONFIG of sysexits.h. */
const EX_CONFIG = 78;
/** What OpenClaw 2026.8 says of sessions in files before it exits with 1. */
const ASKS_FOR_DOCTOR = 'openclaw doctor --fix';

/** Thrown when an agent's container exits, or restarts repeatedly, before it is ready. */
export class ContainerExitedError extends AppError {
  /** Whether OpenClaw asks for a repair of the agent's data. */
  readonly needsDoctor: boolean;

  constructor(message: string, needsDoctor: boolean) {
    super('OPERATION_FAILED', message);
    this.needsDoctor = needsDoctor;
  }
}

/**
 * Waits until an agent is ready.
 * @returns the state of the ready container
 * @throws ContainerExitedError with exit code and last log lines, at once when OpenClaw asks for a repair of the data
 * @throws AppError OPERATION_FAILED with the reason of the last probe when the signal aborts
 */
export async function awaitReady(context: Context, spec: AgentContainerSpec, signal: AbortSignal): Promise<ContainerState> {
  const { host, gateways } = context;
  const { container } = spec.names;
  const address = await gatewayAddress(context, spec.agentId, spec.bind);
  await gateways.drop(spec.agentId);
  const startTimes = new Set<number>();
  const restartsBefore = (await host.inspect(container))?.restarts ?? 0;
  let checkedAt = 0;
  let reason: string | null = null;
  // The engine forgets how a container ended that it restarts.
  let lastExitCode: number | null = null;
  let oomKilled = false;
  const done = new AbortController();
  const watched = AbortSignal.any([signal, done.signal]);
  const watchExits = async () => {
    while (!watched.aborted) lastExitCode = await host.nextExit(container, watched);
  };
  watchExits().catch(() => undefined);

  try {
    while (!signal.aborted) {
      reason = await probe(context, spec, address);
      const authorised = reason === null;
      if (authorised || Date.now() - checkedAt > 1_000) {
        checkedAt = Date.now();
        const state = await host.inspect(container);
        if (authorised && state?.running) return state;
        if (state?.status === 'exited') lastExitCode = state.exitCode;
        oomKilled ||= state?.oomKilled === true;
        if (state?.startedAt) startTimes.add(state.startedAt.getTime());
        const restarts = Math.max((state?.restarts ?? 0) - restartsBefore, startTimes.size - 1);
        const hasExited = restarts > 0 || state?.status === 'exited';
        const needsDoctor = lastExitCode === EX_CONFIG || (hasExited && (await host.logTail(container, 20)).includes(ASKS_FOR_DOCTOR));
        if (!state || state.status === 'exited' || restarts >= MAX_RESTARTS_SEEN || needsDoctor) {
          const exited = state && lastExitCode !== null ? { ...state, status: 'exited', exitCode: lastExitCode, oomKilled } : state;
          throw new ContainerExitedError(await exitReason(context, spec.agentId, exited), needsDoctor);
        }
      }
      await sleep(POLL_MS);
    }
  } finally {
    done.abort();
  }
  // A gateway's own words may contain the agent's secrets.
  const words = redact(reason ?? 'its container does not run', await agentSecretValues(context, spec.agentId));
  throw new AppError('OPERATION_FAILED', `The agent is not ready: ${words.slice(0, MAX_REASON)}`);
}
