import { describe, expect, test } from '@jest/globals';
import { addressesOf } from './addresses.ts';
import { createAgent, provisionAgent } from './agents.ts';
import { baseUrlProblem } from './base-url.ts';
import { createClient } from './client.ts';
import { pathParams, planForTier, plans, type Route, routes, statusOf } from './index.ts';
import { openApiDocument } from './openapi.ts';

describe('the route table', () => {
  const all = Object.entries<Route>(routes);

  test('each key equals its operation’s id, and each backend address is unique', () => {
    for (const [name, route] of all) expect(route.id).toBe(name);
    const addresses = all.map(([, route]) => `${route.method} ${route.backend.path}`);
    expect(new Set(addresses).size).toBe(addresses.length);
  });

  test('the web and backend paths of an operation have the same number of parameters', () => {
    for (const [, { backend, web }] of all) if (web) expect(pathParams(web.path)).toHaveLength(pathParams(backend.path).length);
  });

  test('openApiDocument describes every backend operation, and every response schema refuses an unknown field', () => {
    const document = openApiDocument('backend');
    const described = Object.values(document.paths).flatMap((methods) => Object.values(methods) as { operationId: string }[]);
    expect(described.map(({ operationId }) => operationId).sort()).toEqual(Object.keys(routes).sort());
    for (const [name, { backend }] of all) {
      // Backups and images are files, not JSON.
      if (name === 'listAgents' || name === 'downloadBackup' || name === 'readMessageImage') continue;
      expect(() => backend.response.parse({ secret: 1 })).toThrow();
    }
  });
});

describe('plans', () => {
  test('planForTier gives label without a tier, and never more than the plan of the account', () => {
    expect(planForTier(undefined, 'solo')).toBe('label');
    expect(planForTier('enterprise', 'solo')).toBe('solo');
    expect(planForTier('starter', 'network')).toBe('solo');
    expect(planForTier('enterprise', null)).toBe('network');
  });
  test("the web, backend and provision limits equal the contract's tables", () => {
    const column = (key: 'webLimit' | 'backendLimit' | 'provisionLimit') => Object.entries(plans).map(([plan, row]) => [plan, row[key]]);
    expect(Object.fromEntries(column('webLimit'))).toEqual({ solo: 1, collective: 3, network: 100, label: 1 });
    expect(Object.fromEntries(column('backendLimit'))).toEqual({ label: 1, solo: 3, collective: 10, network: 100 });
    expect(Object.fromEntries(column('provisionLimit'))).toEqual({ solo: 1, collective: 3, label: 10, network: Infinity });
  });
  test('AGENT_LIMIT_REACHED is 429 for provisionAgent on the web, and 402 elsewhere', () => {
    const [provision, withChannels] = [routes.provisionAgent, routes.provisionWithChannels] as Route[];
    const statuses = [provision?.web, provision?.backend, withChannels?.web].map((side) => statusOf('AGENT_LIMIT_REACHED', side));
    expect(statuses).toEqual([429, 402, 402]);
  });
});

test('provisionAgent defaults to the model claude-opus-4-6, and createAgent refuses an unknown config field', () => {
  expect(provisionAgent.body.parse({ name: ' x ' })).toEqual({ name: 'x', model: 'claude-opus-4-6' });
  expect(createAgent.body.safeParse({ name: 'x', config: { databaseUrl: 'y' } }).success).toBe(false);
});

test('createClient fills path and query parameters, and throws the status and sentence of an error', async () => {
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

test('baseUrlProblem finds credentials in every spelling of a URL', () => {
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
