import { gatewayOf } from '../domain/agents/gateway.ts';
import type { Context } from '../domain/context.ts';
import { pollLoop } from '../shared/poll-loop.ts';

const INTERVAL_MS = 10_000;

/** Connects to each running agent's gateway that is not connected yet, to receive its conversations. */
async function connectAll(context: Context): Promise<void> {
  const agents = await context.database.as('service', (tx) =>
    tx.agent.findMany({
      where: { state: 'running', runtime: 'container', id: { notIn: context.gateways.connected() } },
      select: { id: true, state: true, runtime: true, containerSpec: true },
    }),
  );
  // The reconciler handles a gateway that cannot be reached.
  await Promise.all(agents.map((agent) => gatewayOf(context, agent).catch(() => undefined)));
}

/** Keeps a connection to the gateway of each running agent, until aborted. */
export async function connectGateways(context: Context, signal: AbortSignal): Promise<void> {
  await pollLoop(
    signal,
    { intervalMs: INTERVAL_MS },
    () => connectAll(context),
    (error) => context.log.warn({ err: error }, 'connecting to the gateways failed'),
  );
}
