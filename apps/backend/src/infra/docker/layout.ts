import type { AgentContainerSpec } from './container-host.ts';

/** Ports of OpenClaw inside its container. */
export const GATEWAY_CONTAINER_PORT = 18_789;
export const BRIDGE_CONTAINER_PORT = 18_791;

/** Where an agent's data is in its container. */
export const DATA_FOLDER = '/home/node/.openclaw';

/** Certificates that the agent trusts beside the usual ones, in its data. */
export const EXTRA_CA = 'extra-ca.pem';

/** Names of an agent's container, volume and network; they derive from its id alone. */
export function containerNames(agentId: string): AgentContainerSpec['names'] {
  return {
    container: `openclaw-${agentId}`,
    volume: `openclaw-data-${agentId}`,
    network: `openclaw-net-${agentId}`,
  };
}

/** The agent whose container has that name; undefined for the short-lived containers beside agents. */
export const agentOfContainer = (name: string): string | undefined => /^openclaw-([A-Za-z0-9_-]+)$/.exec(name)?.[1];
