import { type Capacity, type Plan, planResources } from '@agentbot/contracts';
import type { Config } from '../../config/config.ts';
import type { AgentContainerSpec } from '../../infra/docker/container-host.ts';
import { containerNames, DATA_FOLDER, EXTRA_CA, MODEL_GATEWAY_HOST } from '../../infra/docker/layout.ts';
import { hostAddress, slotPorts, slotSubnet } from '../../infra/docker/slots.ts';
import type { ModelTarget } from '../../infra/openclaw/providers.ts';
import { hasAllowedDomains } from './allowed-domains.ts';

interface SpecInput {
  agent: { id: string; ownerId: string; plan: Plan; config: unknown };
  slot: number;
  image: string;
  secretEnv: Record<string, string>;
  models: ModelTarget[];
  fingerprint: string;
  environment: string;
  /** The recipient of the agent's model key. @see keyRecipient */
  recipient: string;
  cacheVolume: string | null;
  capacity: Capacity;
  config: Pick<Config, 'AGENT_PORT_BASE' | 'AGENT_SUBNET' | 'INSTALLATION' | 'AGENT_EXTRA_CA_FILE'>;
}

/** Builds the complete container spec of an agent from its row; pure. */
export function buildContainerSpec({
  agent,
  slot,
  image,
  secretEnv,
  models,
  fingerprint,
  environment,
  recipient,
  cacheVolume,
  capacity,
  config,
}: SpecInput): AgentContainerSpec {
  const subnet = slotSubnet(config.AGENT_SUBNET, slot, hasAllowedDomains(agent));
  return {
    version: 1,
    agentId: agent.id,
    ownerId: agent.ownerId,
    installation: config.INSTALLATION,
    image,
    plan: agent.plan,
    fingerprint,
    environment,
    names: containerNames(agent.id),
    env: {
      OPENCLAW_NO_RESPAWN: '1',
      NODE_ENV: 'production',
      ...(config.AGENT_EXTRA_CA_FILE && { NODE_EXTRA_CA_CERTS: `${DATA_FOLDER}/${EXTRA_CA}` }),
    },
    secretEnv,
    keyRecipient: recipient,
    models,
    ...planResources(agent.plan, capacity),
    pidsLimit: 512,
    bind: { address: '127.0.0.1', ...slotPorts(config.AGENT_PORT_BASE, slot) },
    subnet,
    cacheVolume,
    extraHosts: [`${MODEL_GATEWAY_HOST}:${hostAddress(subnet)}`],
  };
}
