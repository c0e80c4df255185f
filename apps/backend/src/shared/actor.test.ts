import { expect, test } from '@jest/globals';
import { type Actor, isTrusted, tenantOf, userOf } from './actor.ts';

const user = (fields: object = {}): Actor => ({ kind: 'user', userId: 'user_1', credential: 'session', facade: 'web', ...fields });
const key = (agentId?: string) => user({ credential: 'apiKey', key: { id: 'key_1', scopes: [], agentId, expiresAt: null } });
const service: Actor = { kind: 'service', facade: 'backend' };
const web: Actor = { kind: 'web', facade: 'web' };
const unauthorized = expect.objectContaining({ code: 'UNAUTHORIZED' });

test('tenantOf is the user, limited to the agent of an API key, or the platform itself', () => {
  expect([user(), key(), key('agent_1'), service].map(tenantOf)).toEqual([
    { userId: 'user_1', agentId: undefined },
    { userId: 'user_1', agentId: undefined },
    { userId: 'user_1', agentId: 'agent_1' },
    'service',
  ]);
  expect(() => tenantOf(web)).toThrow(unauthorized);
});

test('userOf is the user, or the service account', () => {
  expect([user(), key('agent_1'), service].map(userOf)).toEqual(['user_1', 'user_1', 'service']);
  expect(() => userOf(web)).toThrow(unauthorized);
});

// The contract: a verification that a body states is accepted with the internal key alone.
test('isTrusted is true only with the internal key, also for a user that it names', () => {
  expect([service, user({ credential: 'internal' }), user(), key(), web].map(isTrusted)).toEqual([true, true, false, false, false]);
});
