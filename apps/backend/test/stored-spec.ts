import type { AgentContainerSpec } from '../src/infra/docker/container-host.ts';

/** A container spec as an agent's row stores it. @param more the fields that the test needs */
export const storedSpec = (more: Partial<AgentContainerSpec> = {}): AgentContainerSpec => ({
  version: 1,
  agentId: 'agent_1',
  ownerId: 'user_1',
  installation: 'test',
  image: 'agentbot/openclaw:2026.3.13',
  plan: 'label',
  fingerprint: 'f',
  names: { container: 'openclaw-agent_1', volume: 'openclaw-data-agent_1', network: 'openclaw-net-agent_1' },
  env: {},
  secretEnv: {},
  memoryBytes: 8 * 1024 ** 3,
  cpus: 2,
  pidsLimit: 512,
  bind: { address: '127.0.0.1', gateway: 19_000, bridge: 19_002 },
  subnet: '10.201.0.0/29',
  extraHosts: [],
  cacheVolume: null,
  ...more,
});

/** A container spec whose gateway listens on a port of this machine. */
export const storedSpecAt = (port: number): AgentContainerSpec =>
  storedSpec({ bind: { address: '127.0.0.1', gateway: port, bridge: port + 2 } });
