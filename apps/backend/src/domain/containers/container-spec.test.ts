import { expect, test } from '@jest/globals';
import { slotCount } from '../../infra/docker/slots.ts';
import { buildContainerSpec } from './container-spec.ts';

test("buildContainerSpec takes limits from the plan, caps them at the host's capacity, and gives each slot its ports and subnet", () => {
  const config = { AGENT_PORT_BASE: 19_000, AGENT_SUBNET: '10.201.0.0/16', INSTALLATION: 'x' };
  const spec = (slot: number, domains: string[] = []) =>
    buildContainerSpec({
      agent: { id: 'a', ownerId: 'o', plan: 'network', config: { allowedDomains: domains } },
      slot,
      image: 'i',
      secretEnv: {},
      models: [],
      cacheVolume: null,
      fingerprint: 'f',
      environment: 'e',
      recipient: 'openai',
      capacity: { memoryBytes: 8 * 1024 ** 3, cpus: 2 },
      config,
    });
  expect(spec(0)).toMatchObject({
    memoryBytes: 8 * 1024 ** 3,
    cpus: 2,
    bind: { address: '127.0.0.1', gateway: 19_000, bridge: 19_002 },
    subnet: '10.201.0.0/29',
  });
  expect(spec(33)).toMatchObject({ bind: { gateway: 19_132, bridge: 19_134 }, subnet: '10.201.1.8/29' });
  expect(spec(slotCount(19_000) - 1).subnet).toBe('10.201.127.248/29');
  expect([0, 33, slotCount(19_000) - 1].map((slot) => spec(slot, ['example.com']).subnet)).toEqual([
    '10.201.128.0/29',
    '10.201.129.8/29',
    '10.201.255.248/29',
  ]);
});

const own = {
  provider: 'openai',
  api: 'openai-completions',
  baseUrl: 'https://api.openai.com/v1',
  gatewayName: 'openai',
  model: 'gpt-4o',
} as const;

test('buildContainerSpec takes everything from the agent and the installation', () => {
  const input = {
    agent: { id: 'agent_1', ownerId: 'user_1', plan: 'solo' as const, config: {} },
    slot: 1,
    image: 'i',
    secretEnv: { OPENCLAW_GATEWAY_TOKEN: 'gatewayToken' },
    models: [own],
    cacheVolume: 'openclaw-cache-x',
    fingerprint: 'f',
    environment: 'e',
    recipient: 'openai',
    capacity: { memoryBytes: 64 * 1024 ** 3, cpus: 16 },
    config: { AGENT_PORT_BASE: 19_000, AGENT_SUBNET: '10.201.0.0/16', INSTALLATION: 'x' },
  };
  expect(buildContainerSpec(input)).toEqual({
    version: 1,
    agentId: 'agent_1',
    ownerId: 'user_1',
    installation: 'x',
    image: 'i',
    plan: 'solo',
    fingerprint: 'f',
    environment: 'e',
    names: { container: 'openclaw-agent_1', volume: 'openclaw-data-agent_1', network: 'openclaw-net-agent_1' },
    env: { OPENCLAW_NO_RESPAWN: '1', NODE_ENV: 'production' },
    secretEnv: { OPENCLAW_GATEWAY_TOKEN: 'gatewayToken' },
    keyRecipient: 'openai',
    models: [own],
    memoryBytes: 2 * 1024 ** 3,
    cpus: 1,
    pidsLimit: 512,
    bind: { address: '127.0.0.1', gateway: 19_004, bridge: 19_006 },
    subnet: '10.201.0.8/29',
    extraHosts: ['models.agentbot.internal:10.201.0.9'],
    cacheVolume: 'openclaw-cache-x',
  });
  const config = { ...input.config, AGENT_EXTRA_CA_FILE: '/ca.pem' };
  expect(buildContainerSpec({ ...input, config })).toMatchObject({
    env: { OPENCLAW_NO_RESPAWN: '1', NODE_ENV: 'production', NODE_EXTRA_CA_CERTS: '/home/node/.openclaw/extra-ca.pem' },
  });
});
