import { gatewayOf } from '../domain/agents/gateway.ts';
import type { Context } from '../domain/context.ts';
import { pollLoop } from '../shared/poll-loop.ts';

const INTERVAL_MS = 10_000;

/** Connects to every running agent's gateway that there is no connection to, so that its conversations are heard. */
async function connectAll(context: Context): Promise<void> {
  const agents = await context.database.as('service', (tx) =>
    tx.agent.findMany({
      where: { state: 'running', runtime: 'container', id: { notIn: context.gateways.connected() } },
      select: { id: true, state: true, runtime: true, containerSpec: true },
    }),
  );
  // One that cannot be reached is the reconciler's matter.
  await Promise.all(agents.map((agent) => gatewayOf(context, agent).catch(() => undefined)));
}

/** Keeps a connection to each running agent, until aborted. */
export async function connectGateways(context: Context, signal: AbortSignal): Promise<void> {
  await pollLoop(
    signal,
    { intervalMs: INTERVAL_MS },
    () => connectAll(context),
    (error) => context.log.warn({ err: error }, 'agents could not be connected to'),
  );
}
