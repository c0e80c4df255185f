import { type Plan, plans } from '@agentbot/contracts';
import type { Config } from '../../config/config.ts';
import type { AgentContainerSpec } from '../../infra/docker/container-host.ts';
import { isLimited } from './allowed-domains.ts';

export const GATEWAY_CONTAINER_PORT = 18_789;
export const BRIDGE_CONTAINER_PORT = 18_791;
/** Where an agent's data is in its container. */
export const DATA_FOLDER = '/home/node/.openclaw';
/** Certificates that the agent trusts beside the usual ones, in its data. */
export const EXTRA_CA = 'extra-ca.pem';
const PORTS_PER_SLOT = 4;
const ADDRESSES_PER_SLOT = 8;
/** Each slot has a network in both halves of the /16; agents in the upper one reach certain domains only. */
const SLOTS_PER_HALF = 32_768 / ADDRESSES_PER_SLOT;

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

/** How many slots fit between the first port and the last, and into half of the /16. */
export function slotCount(portBase: number): number {
  return Math.min(Math.floor((65_535 - portBase) / PORTS_PER_SLOT), SLOTS_PER_HALF);
}

function slotSubnet(base: string, slot: number, limited: boolean): string {
  const [a, b] = base.split('.');
  const offset = (limited ? slot + SLOTS_PER_HALF : slot) * ADDRESSES_PER_SLOT;
  return `${a}.${b}.${offset >> 8}.${offset & 255}/29`;
}

/** The half of the /16 with the networks of agents that may reach certain domains only. */
export function limitedSubnet(base: string): string {
  const [a, b] = base.split('.');
  return `${a}.${b}.128.0/17`;
}

/** The slot of the agent with that address, if it may reach certain domains only. */
export function limitedSlot(base: string, address: string): number | undefined {
  const [a, b, c, d] = address
    .replace(/^::ffff:/, '')
    .split('.')
    .map(Number);
  if (base !== `${a}.${b}.0.0/16` || c === undefined || d === undefined) return undefined;
  const slot = Math.floor((c * 256 + d) / ADDRESSES_PER_SLOT) - SLOTS_PER_HALF;
  return slot >= 0 ? slot : undefined;
}

interface SpecInput {
  agent: { id: string; ownerId: string; plan: Plan; config: unknown };
  slot: number;
  image: string;
  secretEnv: Record<string, string>;
  fingerprint: string;
  /** Whom its model's key is sent to. */
  recipient: string;
  cacheVolume: string | null;
  capacity: { memoryBytes: number; cpus: number };
  config: Pick<Config, 'AGENT_PORT_BASE' | 'AGENT_SUBNET' | 'INSTALLATION' | 'ALLOW_PRIVATE_MODEL_ENDPOINTS' | 'AGENT_EXTRA_CA_FILE'>;
}

/** The whole container of an agent, from its row: a pure function. */
export function agentContainerSpec({
  agent,
  slot,
  image,
  secretEnv,
  fingerprint,
  recipient,
  cacheVolume,
  capacity,
  config,
}: SpecInput): AgentContainerSpec {
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
    env: {
      OPENCLAW_NO_RESPAWN: '1',
      NODE_ENV: 'production',
      ...(config.AGENT_EXTRA_CA_FILE && { NODE_EXTRA_CA_CERTS: `${DATA_FOLDER}/${EXTRA_CA}` }),
    },
    secretEnv,
    keyRecipient: recipient,
    memoryBytes: Math.min(entitlement.memoryBytes, capacity.memoryBytes),
    cpus: Math.min(entitlement.cpus, capacity.cpus),
    pidsLimit: 512,
    bind: { address: '127.0.0.1', gateway: port, bridge: port + 2 },
    subnet: slotSubnet(config.AGENT_SUBNET, slot, isLimited(agent)),
    cacheVolume,
    extraHosts: config.ALLOW_PRIVATE_MODEL_ENDPOINTS ? ['host.docker.internal:host-gateway'] : [],
  };
}
