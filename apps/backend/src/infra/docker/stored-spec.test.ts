import { expect, test } from '@jest/globals';
import { parseContainerSpec, readContainerSpec } from './stored-spec.ts';

/** The first shape: 37b48b6, 24 November 2026. */
const first = {
  agentId: 'agent_1',
  ownerId: 'user_1',
  installation: 'default',
  image: 'ghcr.io/openclaw/openclaw:2026.3.13',
  names: { container: 'openclaw-agent_1', volume: 'openclaw-data-agent_1', network: 'openclaw-net-agent_1' },
  env: { OPENCLAW_NO_RESPAWN: '1', NODE_ENV: 'production' },
  secretEnv: { OPENCLAW_GATEWAY_TOKEN: 'gatewayToken', AGENT_MODEL_API_KEY: 'apiKey' },
  memoryBytes: 2 * 1024 ** 3,
  cpus: 1,
  pidsLimit: 512,
  bind: { address: '127.0.0.1', gateway: 19_000, bridge: 19_002 },
  subnet: '10.201.0.0/29',
  extraHosts: [],
};
/** With the plan and the fingerprint: 0d0edc8, the same day. */
const planned = { ...first, plan: 'solo', fingerprint: 'f00d' };
/** With the cache: 1762fad, 26 November. */
const cached = { ...planned, cacheVolume: 'openclaw-cache-default-1a2b' };
/** With the key's recipient: 71381c9, 28 November. */
const addressed = { ...cached, keyRecipient: 'groq' };
const current = { ...addressed, version: 1 };

const read = (containerSpec: unknown) => readContainerSpec({ id: 'agent_1', containerSpec });

test.each<[string, object, object]>([
  ['with the plan', planned, { ...planned, version: 1, cacheVolume: null }],
  ['with the cache', cached, { ...cached, version: 1 }],
  ["with the key's recipient", addressed, current],
  ['of an image that brings its cache', { ...addressed, cacheVolume: null }, { ...current, cacheVolume: null }],
  ['of version 1', current, current],
  ['of version 1 without a recipient', { ...cached, version: 1 }, { ...cached, version: 1 }],
  [
    'with keys that this version does not know',
    { ...current, nodeId: 'n1', bind: { ...current.bind, metrics: 19_003 } },
    { ...current, nodeId: 'n1', bind: { ...current.bind, metrics: 19_003 } },
  ],
])('readContainerSpec reads a spec %s', (_shape, stored, expected) => {
  expect(read(stored)).toEqual(expected);
});

test('readContainerSpec returns null for an agent without a container', () => {
  expect(read(null)).toBeNull();
});

test.each<[string, unknown, string]>([
  ['of the first shape', first, 'containerSpec.plan (invalid_value), containerSpec.fingerprint (invalid_type)'],
  ['of a later version', { ...current, version: 2 }, 'containerSpec.version (invalid_value)'],
  ['of an unknown plan', { ...current, plan: 'platinum' }, 'containerSpec.plan (invalid_value)'],
  ['without ports', { ...current, bind: { address: '127.0.0.1' } }, 'containerSpec.bind.gateway (invalid_type), containerSpec.bind.bridge'],
  ['without a network', { ...current, names: { container: 'c', volume: 'v' } }, 'containerSpec.names.network (invalid_type)'],
  ['with a number in env', { ...current, env: { SECRET: 5 } }, 'containerSpec.env.SECRET (invalid_type)'],
  ['that is a text', 'spec', 'containerSpec (invalid_type)'],
  ['that is empty', {}, 'containerSpec.agentId (invalid_type)'],
])('readContainerSpec refuses a spec %s and names the place', (_shape, stored, fields) => {
  expect(() => read(stored)).toThrow('The column containerSpec of agent agent_1 cannot be read: ');
  expect(() => read(stored)).toThrow(fields);
});

test('parseContainerSpec refuses null, and names its own column', () => {
  expect(() => parseContainerSpec(null, 'operation op_1', 'result.spec')).toThrow(
    'The column result.spec of operation op_1 cannot be read: result.spec (invalid_type)',
  );
});

test('readContainerSpec puts no value of a refused spec into its error', () => {
  const secret = 'sk-0123456789';
  const stored = { ...current, plan: secret, image: [secret], env: { KEY: [secret] }, secretEnv: secret, bind: { address: secret } };
  let message = '';
  try {
    read(stored);
  } catch (error) {
    message = `${JSON.stringify(error, Object.getOwnPropertyNames(error))}`;
  }
  expect(message).toContain('containerSpec.env.KEY');
  expect(message).not.toContain(secret);
});
