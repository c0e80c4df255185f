import type { AgentContainerSpec } from '../src/infra/docker/container-host.ts';

/** A container's spec as an agent's row holds it; `more` says what matters to the test. */
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

/** The same with a gateway at a port of this machine. */
export const storedSpecAt = (port: number): AgentContainerSpec =>
  storedSpec({ bind: { address: '127.0.0.1', gateway: port, bridge: port + 2 } });
