import { z } from 'zod';
import type { GatewayConnection } from './gateway-connection.ts';

const CONTROL_UI = 'openclaw-control-ui';

const pairingRequest = z.object({ requestId: z.string(), clientId: z.string().optional() });
const pairings = z.object({
  paired: z.array(z.object({ deviceId: z.string(), clientId: z.string().optional(), approvedAtMs: z.number().optional() })),
});

/**
 * Approves the first browser that asks to be paired for the Control UI. OpenClaw files such a request only after the browser has
 * proved that it has the gateway token.
 * @param onSettled called after the approval with its error, if any; not called when no browser asks
 */
export function approveNextBrowser(gateway: GatewayConnection, windowMs: number, onSettled: (error?: Error) => void): void {
  const listen = (name: string, payload: unknown) => {
    if (name !== 'device.pair.requested') return;
    const { data } = pairingRequest.safeParse(payload);
    if (data?.clientId !== CONTROL_UI) return;
    end();
    gateway.request('device.pair.approve', { requestId: data.requestId }).then(() => onSettled(), onSettled);
  };
  const end = () => {
    clearTimeout(timer);
    gateway.off('event', listen);
  };
  const timer = setTimeout(end, windowMs).unref();
  gateway.on('event', listen).once('close', end);
}

/** Ends the access of browsers that were paired for the Control UI before `before`. */
export async function removeBrowsers(gateway: GatewayConnection, before: Date): Promise<void> {
  const { paired } = pairings.parse(await gateway.request('device.pair.list'));
  for (const { deviceId, clientId, approvedAtMs } of paired) {
    if (clientId === CONTROL_UI && (approvedAtMs ?? 0) < before.getTime()) await gateway.request('device.pair.remove', { deviceId });
  }
}
