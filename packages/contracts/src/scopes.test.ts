import { expect, test } from '@jest/globals';
import type { Route } from './define-route.ts';
import { hasScope, isScoped, neededScope, type Scope, scopeSchema } from './scopes.ts';

const route = (fields: Partial<Route>) => ({ method: 'GET', auth: 'caller', ...fields }) as Route;

test.each<[Partial<Route>, Scope]>([
  [{ method: 'GET' }, 'agents:read'],
  [{ method: 'POST' }, 'agents:write'],
  [{ method: 'PUT' }, 'agents:write'],
  [{ method: 'DELETE' }, 'agents:write'],
  [{ method: 'POST', scope: 'agents:read' }, 'agents:read'],
  [{ method: 'GET', scope: 'agents:write' }, 'agents:write'],
  [{ method: 'GET', auth: 'admin' }, 'admin:*'],
  // An administrator's operation never needs less.
  [{ method: 'GET', auth: 'admin', scope: 'agents:read' }, 'admin:*'],
])('neededScope of %j is %s', (fields, scope) => {
  expect(neededScope(route(fields))).toBe(scope);
});

// Ruling 37: reading and writing of agents never open the administration, nor the other way round.
test.each<[Scope[], Scope, boolean]>([
  [['agents:read'], 'agents:read', true],
  [['agents:read'], 'agents:write', false],
  [['agents:read'], 'admin:*', false],
  [['agents:write'], 'agents:read', true],
  [['agents:write'], 'agents:write', true],
  [['agents:write'], 'admin:*', false],
  [['admin:*'], 'agents:read', false],
  [['admin:*'], 'agents:write', false],
  [['admin:*'], 'admin:*', true],
  [[], 'agents:read', false],
])('hasScope: %j includes %s: %s', (scopes, needed, included) => {
  expect(hasScope(scopes, needed)).toBe(included);
});

test('isScoped is false for public operations and those of the web app', () => {
  const auths = ['public', 'optional', 'caller', 'admin', 'web'] as const;
  expect(auths.map((auth) => isScoped(route({ auth })))).toEqual([false, true, true, true, false]);
});

test('the scopes are agents:read, agents:write and admin:*', () => {
  for (const scope of ['agents:read', 'agents:write', 'admin:*'] as const) expect(scopeSchema.parse(scope)).toBe(scope);
});

test('an unknown scope is refused with a sentence that names the scopes', () => {
  expect(scopeSchema.safeParse('agents:*').error?.issues[0]?.message).toBe('Invalid scope: use agents:read, agents:write or admin:*');
});
