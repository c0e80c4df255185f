import { GatewayConnection } from './gateway-connection.ts';

/**
 * One connection per agent, opened when first needed and again after a loss.
 * @param onOpen hears of each connection that was opened
 */
export function createGatewayPool(onOpen: (agentId: string, gateway: GatewayConnection) => void) {
  const open = new Map<string, Promise<GatewayConnection>>();

  function forget(agentId: string, connecting: Promise<GatewayConnection>) {
    if (open.get(agentId) === connecting) open.delete(agentId);
  }

  return {
    /** The agent's connection. @throws Error when its gateway refuses or cannot be reached */
    get(agentId: string, address: { url: string; token: string; deviceKey: string }): Promise<GatewayConnection> {
      const existing = open.get(agentId);
      if (existing) return existing;
      const connecting = GatewayConnection.open(address);
      open.set(agentId, connecting);
      connecting.then(
        (connection) => {
          connection.once('close', () => forget(agentId, connecting));
          onOpen(agentId, connection);
        },
        () => forget(agentId, connecting),
      );
      return connecting;
    },
    /** The agents that there is a connection to. */
    connected: () => [...open.keys()],
    /** Closes an agent's connection, so that the next `get` makes a new one. */
    async drop(agentId: string): Promise<void> {
      const connecting = open.get(agentId);
      open.delete(agentId);
      (await connecting?.catch(() => undefined))?.close();
    },
    async close(): Promise<void> {
      await Promise.all([...open.keys()].map((agentId) => this.drop(agentId)));
    },
  };
}

export type GatewayPool = ReturnType<typeof createGatewayPool>;
