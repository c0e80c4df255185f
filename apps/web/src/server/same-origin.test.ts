import { beforeEach, expect, jest, test } from '@jest/globals';

/** @param address NEXTAUTH_URL; empty if it is not set */
async function isSameOrigin(headers: Record<string, string>, address: string): Promise<boolean> {
  Object.assign(process.env, { ASSERTION_SECRET: 'a'.repeat(32), NEXTAUTH_SECRET: 's'.repeat(32), NEXTAUTH_URL: address });
  const request = new Request('http://127.0.0.1:3000/api/agents', { method: 'POST', headers: { host: '127.0.0.1:3000', ...headers } });
  return (await import('./same-origin.ts')).isSameOrigin(request);
}

// The settings are parsed once per loaded module.
beforeEach(() => {
  jest.resetModules();
});

// The Fetch Metadata specification: a browser sets Sec-Fetch-Site, and a page cannot change it.
test.each<[string, Record<string, string>, boolean]>([
  ['a page of another name for this server', { 'sec-fetch-site': 'same-origin', origin: 'http://127.0.0.1:3000' }, false],
  ['that name in an old browser', { host: 'evil.example', origin: 'http://evil.example' }, false],
  ['the public address without TLS', { origin: 'http://dashboard.example' }, false],
  ['the dashboard’s public address behind a proxy', { 'sec-fetch-site': 'same-origin', origin: 'https://dashboard.example' }, true],
  ['the address bar', { 'sec-fetch-site': 'none' }, true],
  ['a program', {}, true],
  ['another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, false],
  ['an agent’s subdomain', { 'sec-fetch-site': 'same-site', origin: 'http://agent_1.agents.localhost' }, false],
  ['an agent’s subdomain without an origin', { 'sec-fetch-site': 'same-site' }, false],
  ['another site in an old browser', { origin: 'https://evil.example' }, false],
  ['a sandboxed frame', { origin: 'null' }, false],
  ['another port of the host', { origin: 'http://127.0.0.1:4000' }, false],
  ['a site that lies about its origin', { 'sec-fetch-site': 'cross-site', origin: 'http://127.0.0.1:3000' }, false],
])('isSameOrigin of a request of %s', async (_client, headers, expected) => {
  expect(await isSameOrigin(headers, 'https://dashboard.example')).toBe(expected);
});

test.each<[string, Record<string, string>, boolean]>([
  ['the address of the server', { 'sec-fetch-site': 'same-origin', origin: 'http://127.0.0.1:3000' }, true],
  ['the address of the server in an old browser', { origin: 'http://127.0.0.1:3000' }, true],
  ['a program', {}, true],
  ['another port of the host', { origin: 'http://127.0.0.1:4000' }, false],
  ['another site', { 'sec-fetch-site': 'cross-site', origin: 'https://dashboard.example' }, false],
  ['a sandboxed frame', { origin: 'null' }, false],
])('without NEXTAUTH_URL, isSameOrigin compares the Host header: a request of %s', async (_client, headers, expected) => {
  expect(await isSameOrigin(headers, '')).toBe(expected);
});
