import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startBackend, type TestBackend } from './backend.ts';

/** `GET /tls/agent`: for which host names a TLS proxy on this machine may get a certificate. */

let backend: TestBackend;
let agentId: string;
beforeAll(async () => {
  backend = await startBackend({
    AGENTS_DOMAIN: 'agents.example',
    PROVISION_DOMAIN: 'djs.example',
    GATEWAY_PUBLIC_URL: 'https://gateway.example',
  });
  const owner = await backend.account();
  agentId = (await backend.machine(owner, 'POST', '/api/agents', { name: 'Heron' })).body.id;
});
afterAll(() => backend?.stop());

const ask = async (domain: string, headers: Record<string, string> = {}) =>
  (await fetch(`${backend.url}/tls/agent?${new URLSearchParams({ domain })}`, { headers })).status;

test('the host name of an agent and the host of GATEWAY_PUBLIC_URL may have a certificate', async () => {
  const names = [
    `${agentId}.agents.example`,
    `${agentId.replace('_', '-')}.agents.example`,
    'gateway.example',
    'setup-test.agents.example',
  ];
  for (const name of names) expect([name, await ask(name)]).toEqual([name, 200]);
});

test.each([
  'agent_nobody000000.agents.example',
  'agent-nobody000000.agents.example',
  'agents.example',
  'dashboard.example',
  'a.gateway.example',
  '',
  "';--.agents.example",
  'x'.repeat(80),
])('another host name may not: %s', async (domain) => {
  expect(await ask(domain)).toBe(404);
});

test('a request that a proxy passes on gets no answer about names', async () => {
  for (const name of ['x-forwarded-for', 'forwarded'])
    expect([name, await ask('gateway.example', { [name]: 'for=127.0.0.1' })]).toEqual([name, 404]);
});

test('another machine gets no answer about names', async () => {
  const outside = await startBackend({ BACKEND_HOST: '0.0.0.0', GATEWAY_PUBLIC_URL: 'https://gateway.example' });
  try {
    const address = Object.values(networkInterfaces())
      .flat()
      .find((each) => each && !each.internal && each.family === 'IPv4')?.address;
    const { port } = new URL(outside.url);
    const status = async (host: string) => (await fetch(`http://${host}:${port}/tls/agent?domain=gateway.example`)).status;
    expect([await status('127.0.0.1'), await status(address ?? '')]).toEqual([200, 404]);
  } finally {
    await outside.stop();
  }
});
