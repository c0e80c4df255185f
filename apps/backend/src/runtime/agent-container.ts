import { type Plan, plans } from '@agentbot/contracts';
import type { AgentContainerSpec } from './container-host.ts';

export const GATEWAY_CONTAINER_PORT = 18_789;
export const BRIDGE_CONTAINER_PORT = 18_791;
const PORTS_PER_SLOT = 4;
const ADDRESSES_PER_SLOT = 8;

/** Names of an agent's container, volume and network; they derive from its id alone. */
export function containerNames(agentId: string): AgentContainerSpec['names'] {
  return {
    container: `openclaw-${agentId}`,
    volume: `openclaw-data-${agentId}`,
    network: `openclaw-net-${agentId}`,
  };
}

/** How many slots fit between the first port and the last, and into the /16. */
export function slotCount(portBase: number): number {
  return Math.min(Math.floor((65_535 - portBase) / PORTS_PER_SLOT), 65_536 / ADDRESSES_PER_SLOT);
}

function slotSubnet(base: string, slot: number): string {
  const [a, b] = base.split('.');
  const offset = slot * ADDRESSES_PER_SLOT;
  return `${a}.${b}.${offset >> 8}.${offset & 255}/29`;
}

interface SpecInput {
  agent: { id: string; ownerId: string; plan: Plan };
  slot: number;
  image: string;
  secretEnv: Record<string, string>;
  fingerprint: string;
  capacity: { memoryBytes: number; cpus: number };
  config: { AGENT_PORT_BASE: number; AGENT_SUBNET: string; INSTALLATION: string; ALLOW_PRIVATE_MODEL_ENDPOINTS: boolean };
}

/** The whole container of an agent, from its row: a pure function. */
export function agentContainerSpec({ agent, slot, image, secretEnv, fingerprint, capacity, config }: SpecInput): AgentContainerSpec {
  const entitlement = plans[agent.plan];
  const port = config.AGENT_PORT_BASE + slot * PORTS_PER_SLOT;
  return {
    agentId: agent.id,
    ownerId: agent.ownerId,
    installation: config.INSTALLATION,
    image,
    plan: agent.plan,
    fingerprint,
    names: containerNames(agent.id),
    env: { OPENCLAW_NO_RESPAWN: '1', NODE_ENV: 'production' },
    secretEnv,
    memoryBytes: Math.min(entitlement.memoryBytes, capacity.memoryBytes),
    cpus: Math.min(entitlement.cpus, capacity.cpus),
    pidsLimit: 512,
    bind: { address: '127.0.0.1', gateway: port, bridge: port + 2 },
    subnet: slotSubnet(config.AGENT_SUBNET, slot),
    extraHosts: config.ALLOW_PRIVATE_MODEL_ENDPOINTS ? ['host.docker.internal:host-gateway'] : [],
  };
}
