import { describe, expect, test } from '@jest/globals';
import { addressesOf } from './addresses.ts';
import { createAgent, provisionAgent } from './agents.ts';
import { baseUrlProblem } from './base-url.ts';
import { createClient } from './client.ts';
import { pathParams, planForTier, plans, type Route, routes, statusOf } from './index.ts';
import { openApiDocument } from './openapi.ts';

describe('the route table', () => {
  const all = Object.entries<Route>(routes);

  test('every operation is called the same everywhere, and no address stands twice', () => {
    for (const [name, route] of all) expect(route.id).toBe(name);
    const addresses = all.map(([, route]) => `${route.method} ${route.backend.path}`);
    expect(new Set(addresses).size).toBe(addresses.length);
  });

  test('both sides of an operation have as many parameters', () => {
    for (const [, { backend, web }] of all) if (web) expect(pathParams(web.path)).toHaveLength(pathParams(backend.path).length);
  });

  test('the OpenAPI document describes every operation of a side, and no response lets an extra field pass', () => {
    const document = openApiDocument('backend');
    const described = Object.values(document.paths).flatMap((methods) => Object.values(methods) as { operationId: string }[]);
    expect(described.map(({ operationId }) => operationId).sort()).toEqual(Object.keys(routes).sort());
    for (const [name, { backend }] of all) {
      // A backup is a file, not JSON.
      if (name === 'listAgents' || name === 'downloadBackup') continue;
      expect(() => backend.response.parse({ secret: 1 })).toThrow();
    }
  });
});

describe('plans', () => {
  test('no tier is label; a tier cannot exceed what the account holds', () => {
    expect(planForTier(undefined, 'solo')).toBe('label');
    expect(planForTier('enterprise', 'solo')).toBe('solo');
    expect(planForTier('starter', 'network')).toBe('solo');
    expect(planForTier('enterprise', null)).toBe('network');
  });
  test("the three tables of limits are the contract's", () => {
    const column = (key: 'webLimit' | 'backendLimit' | 'provisionLimit') => Object.entries(plans).map(([plan, row]) => [plan, row[key]]);
    expect(Object.fromEntries(column('webLimit'))).toEqual({ solo: 1, collective: 3, network: 100, label: 1 });
    expect(Object.fromEntries(column('backendLimit'))).toEqual({ label: 1, solo: 3, collective: 10, network: 100 });
    expect(Object.fromEntries(column('provisionLimit'))).toEqual({ solo: 1, collective: 3, label: 10, network: Infinity });
  });
  test('a limit reached is 402 for machines and 429 for browsers', () => {
    expect([statusOf('AGENT_LIMIT_REACHED', 'backend'), statusOf('AGENT_LIMIT_REACHED', 'web')]).toEqual([402, 429]);
  });
});

test('the model defaults to claude-opus-4-6, and a secret in an unknown field is refused', () => {
  expect(provisionAgent.body.parse({ name: ' x ' })).toEqual({ name: 'x', model: 'claude-opus-4-6' });
  expect(createAgent.body.safeParse({ name: 'x', config: { databaseUrl: 'y' } }).success).toBe(false);
});

test('the client fills paths and queries, and throws the error body', async () => {
  const asked: string[] = [];
  const answer = (url: unknown) => {
    asked.push(String(url));
    return Promise.resolve(Response.json({ error: 'Forbidden' }, { status: 403 }));
  };
  const client = createClient('web', () => addressesOf('web'), { baseUrl: 'http://web', fetch: answer as typeof fetch });
  await expect(client('stopAgent', { params: { id: 'a b' } })).rejects.toMatchObject({ status: 403, message: 'Forbidden' });
  await expect(client('listMessages', { params: { id: 'x' }, query: { limit: 2 } })).rejects.toThrow();
  expect(asked).toEqual(['http://web/api/instance/a%20b/stop', 'http://web/api/agents/x/messages?limit=2']);
});

test('a base URL’s password is found however the address is written', () => {
  const written = [
    'https://u:p@models.example',
    'https:/u:p@models.example',
    'https:\\\\u:p@models.example',
    '\u0001https://u:p@models.example',
    'ht\ntps://u@models.example',
    'https://@models.example',
  ];
  for (const text of written)
    expect([text, baseUrlProblem(text)]).toEqual([text, 'must not contain a user name or password: give the key as apiKey']);
  expect(baseUrlProblem('https://models.example/@me/v1')).toBe(undefined);
});
