import type { Route } from '@agentbot/contracts';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import type { Actor, KeyGrant } from '../shared/actor.ts';
import { authorize, refuseApiKey, requireAgentInScope } from './authorize.ts';

const route = (fields: Partial<Route>) => ({ method: 'GET', auth: 'caller', ...fields }) as Route;
const key = (grant: Partial<KeyGrant> = {}): Actor => ({
  kind: 'user',
  userId: 'user_1',
  credential: 'apiKey',
  facade: 'backend',
  key: { id: 'key_1', scopes: ['agents:read', 'agents:write', 'admin:*'], agentId: undefined, expiresAt: null, ...grant },
});
const user: Actor = { kind: 'user', userId: 'user_1', credential: 'session', facade: 'web' };
const service: Actor = { kind: 'service', facade: 'backend' };
const web: Actor = { kind: 'web', facade: 'web' };
const refused = (code: string, message: string) => expect.objectContaining({ code, message });

describe('authorize', () => {
  /** The answer for each caller; only the named user is an administrator. */
  const outcome = (fields: Partial<Route>, actor: Actor | null, admin = '') =>
    authorize(route(fields), actor, async (userId) => userId === admin).then(
      () => 'accepted',
      ({ code }) => code,
    );

  // The kinds of callers: `Auth` in packages/contracts/src/define-route.ts.
  test.each<[Route['auth'], string[]]>([
    ['public', ['accepted', 'accepted', 'accepted', 'accepted', 'accepted']],
    ['optional', ['accepted', 'accepted', 'accepted', 'accepted', 'accepted']],
    ['caller', ['UNAUTHORIZED', 'accepted', 'accepted', 'accepted', 'UNAUTHORIZED']],
    ['admin', ['UNAUTHORIZED', 'FORBIDDEN', 'FORBIDDEN', 'accepted', 'UNAUTHORIZED']],
    ['web', ['UNAUTHORIZED', 'UNAUTHORIZED', 'UNAUTHORIZED', 'accepted', 'accepted']],
  ])('of a route for %s answers nobody, a user, an API key, the internal key and the web app with %j', async (auth, expected) => {
    const outcomes = [null, user, key(), service, web].map((actor) => outcome({ auth }, actor));
    expect(await Promise.all(outcomes)).toEqual(expected);
  });

  test('accepts an administrator, by session and by API key', async () => {
    expect(await outcome({ auth: 'admin' }, user, 'user_1')).toBe('accepted');
    expect(await outcome({ auth: 'admin' }, key(), 'user_1')).toBe('accepted');
    expect(await outcome({ auth: 'admin' }, key({ scopes: ['agents:write'] }), 'user_1')).toBe('INSUFFICIENT_SCOPE');
  });

  test('refuses an API key without the scope, and names the scope', async () => {
    const narrow = key({ scopes: ['agents:read'] });
    expect(await outcome({ method: 'GET' }, narrow)).toBe('accepted');
    for (const auth of ['caller', 'optional'] as const) {
      await expect(authorize(route({ method: 'POST', auth }), narrow, async () => true)).rejects.toEqual(
        refused('INSUFFICIENT_SCOPE', 'This API key lacks the scope agents:write'),
      );
    }
    expect(await outcome({ method: 'POST', auth: 'public' }, narrow)).toBe('accepted');
  });
});

test('refuseApiKey refuses API keys alone, with the sentence of the route', () => {
  const closed = route({ refusesApiKeys: 'An API key cannot create another one' });
  expect(() => refuseApiKey(closed, key())).toThrow(refused('FORBIDDEN', 'An API key cannot create another one'));
  for (const actor of [user, service, web, null]) expect(() => refuseApiKey(closed, actor)).not.toThrow();
  expect(() => refuseApiKey(route({}), key())).not.toThrow();
});

describe('requireAgentInScope', () => {
  const mine = key({ agentId: 'agent_1' });
  const inBody = (agentId: string) => ({ body: { agentId } });
  const alone = refused('INSUFFICIENT_SCOPE', 'This API key is for the agent agent_1 alone');

  test('accepts the agent of the key, and a route that lists only the agents that the key may see', () => {
    expect(() => requireAgentInScope(route({}), mine, inBody('agent_1'))).not.toThrow();
    expect(() => requireAgentInScope(route({ narrows: true }), mine, {})).not.toThrow();
  });

  test('refuses another agent, and a route that concerns the account', () => {
    expect(() => requireAgentInScope(route({}), mine, inBody('agent_2'))).toThrow(alone);
    expect(() => requireAgentInScope(route({ narrows: true }), mine, inBody('agent_2'))).toThrow(alone);
    expect(() => requireAgentInScope(route({}), mine, {})).toThrow(alone);
    // A path parameter that is no agent names none.
    expect(() => requireAgentInScope(route({ params: z.object({ id: z.string() }) }), mine, { params: { id: 'agent_1' } })).toThrow(alone);
  });

  test('leaves other callers, and routes without scopes', () => {
    for (const actor of [key(), user, service, null]) {
      expect(() => requireAgentInScope(route({}), actor, inBody('agent_2'))).not.toThrow();
    }
    expect(() => requireAgentInScope(route({ auth: 'public' }), mine, inBody('agent_2'))).not.toThrow();
  });
});
