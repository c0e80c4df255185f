import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '@agentbot/contracts';
import { request } from 'undici';
import type { Context } from '../context.ts';
import { gatewayAddress } from '../openclaw/gateway-address.ts';
import type { AgentContainerSpec, ContainerState } from '../runtime/container-host.ts';

const POLL_MS = 150;
const MAX_RESTARTS_SEEN = 3;

function whyItDied(state: ContainerState | null, log: string): AppError {
  if (state?.oomKilled) return new AppError('OPERATION_FAILED', "The agent's container ran out of memory");
  const lines = log.trim().split('\n').filter(Boolean).slice(-3).join(' ').slice(0, 400);
  return new AppError(
    'OPERATION_FAILED',
    `The agent's container ended with exit code ${state?.exitCode ?? 'unknown'}${lines && `: ${lines}`}`,
  );
}

/**
 * Waits until an agent can be talked to: its gateway answers `/healthz` and authorises the platform's own device.
 * @returns the container as the engine then sees it
 * @throws AppError OPERATION_FAILED with exit code and last log lines when the container keeps dying
 */
export async function awaitReady(context: Context, spec: AgentContainerSpec, signal: AbortSignal): Promise<ContainerState> {
  const { host, gateways } = context;
  const address = await gatewayAddress(context, spec.agentId, spec.bind);
  await gateways.drop(spec.agentId);
  const starts = new Set<number>();
  let checkedAt = 0;

  while (!signal.aborted) {
    const alive = await request(`http://${spec.bind.address}:${spec.bind.gateway}/healthz`, { headersTimeout: 2_000 }).then(
      async (response) => {
        await response.body.dump();
        return response.statusCode === 200;
      },
      () => false,
    );
    const authorised =
      alive &&
      (await gateways.get(spec.agentId, address).then(
        () => true,
        () => false,
      ));
    if (authorised || Date.now() - checkedAt > 1_000) {
      checkedAt = Date.now();
      const state = await host.inspect(spec.names.container);
      if (authorised && state?.running) return state;
      if (state?.startedAt) starts.add(state.startedAt.getTime());
      if (!state || state.status === 'exited' || state.status === 'restarting' || starts.size > MAX_RESTARTS_SEEN) {
        throw whyItDied(state, await host.logTail(spec.names.container, 20));
      }
    }
    await sleep(POLL_MS);
  }
  throw new Error('Waiting for the gateway was interrupted');
}
