import { beforeAll, expect, test } from '@jest/globals';
import { isSameOrigin } from './same-origin.ts';

beforeAll(() => {
  Object.assign(process.env, {
    ASSERTION_SECRET: 'a'.repeat(32),
    NEXTAUTH_SECRET: 's'.repeat(32),
    NEXTAUTH_URL: 'https://dashboard.example',
  });
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
])('isSameOrigin of a request of %s', (_client, headers, expected) => {
  expect(
    isSameOrigin(new Request('http://127.0.0.1:3000/api/agents', { method: 'POST', headers: { host: '127.0.0.1:3000', ...headers } })),
  ).toBe(expected);
});
