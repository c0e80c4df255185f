import { setTimeout as sleep } from 'node:timers/promises';
import { gatewayOf } from '../domain/agents/gateway.ts';
import type { Context } from '../domain/context.ts';

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
export async function keepConnected(context: Context, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await connectAll(context).catch((error) => context.log.warn({ err: error }, 'agents could not be connected to'));
    await sleep(INTERVAL_MS, undefined, { signal }).catch(() => undefined);
  }
}
