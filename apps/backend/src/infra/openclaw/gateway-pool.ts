import { type GatewayAddress, GatewayConnection } from './gateway-connection.ts';

/**
 * Creates a pool with one gateway connection per agent. The first `get` opens a connection; after a loss the next `get`
 * opens a new one.
 * @param onOpen receives each opened connection
 */
export function createGatewayPool(onOpen: (agentId: string, gateway: GatewayConnection) => void) {
  const open = new Map<string, Promise<GatewayConnection>>();

  function forget(agentId: string, connecting: Promise<GatewayConnection>) {
    if (open.get(agentId) === connecting) open.delete(agentId);
  }

  return {
    /** The agent's connection. @throws Error when the gateway refuses or is unreachable */
    get(agentId: string, address: GatewayAddress): Promise<GatewayConnection> {
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
    /** The ids of agents whose connection is open or opening. */
    connected: () => [...open.keys()],
    /** Closes an agent's connection; the next `get` opens a new one. */
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
