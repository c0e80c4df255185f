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

/**
 * Probes an agent's gateway: it must answer `/healthz` with 200 and authorise the platform's own device.
 * @returns why the agent is not ready, as the end of a sentence; null when it is ready
 */
async function probe({ gateways }: Context, spec: AgentContainerSpec, address: GatewayAddress): Promise<string | null> {
  const health = await fetch(`http://${spec.bind.address}:${spec.bind.gateway}/healthz`, { signal: AbortSignal.timeout(2_000) }).then(
    async (response) => {
      await response.body?.cancel();
      return response.status;
    },
    () => null,
  );
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

/**
 * Waits until an agent is ready.
 * @returns the state of the ready container
 * @throws AppError OPERATION_FAILED with exit code and last log lines when the container exits or restarts repeatedly; with the
 *   reason of the last probe when the signal aborts
 */
export async function awaitReady(context: Context, spec: AgentContainerSpec, signal: AbortSignal): Promise<ContainerState> {
  const { host, gateways } = context;
  const address = await gatewayAddress(context, spec.agentId, spec.bind);
  await gateways.drop(spec.agentId);
  const startTimes = new Set<number>();
  const restartsBefore = (await host.inspect(spec.names.container))?.restarts ?? 0;
  let checkedAt = 0;
  let lastNotRunning: ContainerState | undefined;
  let reason: string | null = null;

  while (!signal.aborted) {
    reason = await probe(context, spec, address);
    const authorised = reason === null;
    if (authorised || Date.now() - checkedAt > 1_000) {
      checkedAt = Date.now();
      const state = await host.inspect(spec.names.container);
      if (authorised && state?.running) return state;
      // The engine forgets the exit code of a container that it restarts.
      if (state && state.status !== 'running') lastNotRunning = state;
      if (state?.startedAt) startTimes.add(state.startedAt.getTime());
      if (!state || state.status === 'exited' || Math.max(state.restarts - restartsBefore, startTimes.size - 1) >= MAX_RESTARTS_SEEN) {
        throw new AppError('OPERATION_FAILED', await exitReason(context, spec.agentId, state && (lastNotRunning ?? state)));
      }
    }
    await sleep(POLL_MS);
  }
  // A gateway's own words may contain the agent's secrets.
  const words = redact(reason ?? 'its container does not run', await agentSecretValues(context, spec.agentId));
  throw new AppError('OPERATION_FAILED', `The agent is not ready: ${words.slice(0, MAX_REASON)}`);
}
