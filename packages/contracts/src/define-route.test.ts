import { expect, test } from '@jest/globals';
import { isAudited, isIdempotent, pathParams, type Route } from './define-route.ts';

const route = (fields: Partial<Route>) => ({ method: 'GET', auth: 'caller', ...fields }) as Route;

test('pathParams lists the parameters of a path in order', () => {
  expect(pathParams('/api/agents/:id/backups/:backupId')).toEqual(['id', 'backupId']);
  expect(pathParams('/api/agents')).toEqual([]);
  expect(pathParams('/api/:a.json')).toEqual(['a']);
});

test('isAudited is true for every method but GET, unless the route says so', () => {
  expect((['GET', 'POST', 'PUT', 'DELETE'] as const).map((method) => isAudited(route({ method })))).toEqual([false, true, true, true]);
  expect(isAudited(route({ audit: true }))).toBe(true);
});

test('isIdempotent is true for a POST of a caller alone', () => {
  expect(isIdempotent(route({ method: 'POST' }))).toBe(true);
  for (const method of ['GET', 'PUT', 'DELETE'] as const) expect([method, isIdempotent(route({ method }))]).toEqual([method, false]);
  for (const auth of ['public', 'optional', 'admin', 'web'] as const)
    expect([auth, isIdempotent(route({ method: 'POST', auth }))]).toEqual([auth, false]);
});
