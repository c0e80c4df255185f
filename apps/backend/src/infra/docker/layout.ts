import type { AgentContainerSpec } from './container-host.ts';

/** Ports that OpenClaw listens on inside its container. */
export const GATEWAY_CONTAINER_PORT = 18_789;
export const BRIDGE_CONTAINER_PORT = 18_791;

/** The folder with an agent's data, inside its container. */
export const DATA_FOLDER = '/home/node/.openclaw';

/** The name of this host's model gateway inside agents' containers. */
export const MODEL_GATEWAY_HOST = 'models.agentbot.internal';

/** File with additional CA certificates that the agent trusts; relative to the data folder. */
export const EXTRA_CA = 'extra-ca.pem';

/** Names of an agent's container, volume and network; they derive from its id alone. */
export function containerNames(agentId: string): AgentContainerSpec['names'] {
  return {
    container: `openclaw-${agentId}`,
    volume: `openclaw-data-${agentId}`,
    network: `openclaw-net-${agentId}`,
  };
}

/** The agent id in a container's name; undefined for short-lived helper containers. */
export const agentOfContainer = (name: string): string | undefined => /^openclaw-([A-Za-z0-9_-]+)$/.exec(name)?.[1];
