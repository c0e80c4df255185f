import { expect, test } from '@jest/globals';
import { slotCount } from '../../infra/docker/slots.ts';
import { buildContainerSpec } from './container-spec.ts';

test("buildContainerSpec takes limits from the plan, caps them at the host's capacity, and gives each slot its ports and subnet", () => {
  const config = { AGENT_PORT_BASE: 19_000, AGENT_SUBNET: '10.201.0.0/16', INSTALLATION: 'x', ALLOW_PRIVATE_MODEL_ENDPOINTS: false };
  const spec = (slot: number, domains: string[] = []) =>
    buildContainerSpec({
      agent: { id: 'a', ownerId: 'o', plan: 'network', config: { allowedDomains: domains } },
      slot,
      image: 'i',
      secretEnv: {},
      cacheVolume: null,
      fingerprint: 'f',
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
