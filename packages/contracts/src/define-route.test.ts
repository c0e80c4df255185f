import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { isAudited, isIdempotent, pathParams, type Route, type Side, statusOf } from './define-route.ts';

const route = (fields: Partial<Route>) => ({ method: 'GET', auth: 'caller', ...fields }) as Route;

test('pathParams lists the parameters of a path in order', () => {
  expect(pathParams('/api/agents/:id/backups/:backupId')).toEqual(['id', 'backupId']);
  expect(pathParams('/api/agents')).toEqual([]);
  expect(pathParams('/api/:a.json')).toEqual(['a']);
});

// The contract: 429 for the web's agent limit and 403 for another user's instance, otherwise the error table's statuses.
test('statusOf is the status of the code, unless the side has its own', () => {
  const side = { path: '/x', foreignIs: 403, limitIs: 429, response: z.unknown() } satisfies Side;
  const codes = ['AGENT_NOT_FOUND', 'AGENT_LIMIT_REACHED', 'INVALID_REQUEST'] as const;
  expect(codes.map((code) => statusOf(code, side))).toEqual([403, 429, 400]);
  expect(codes.map((code) => statusOf(code, { path: '/x', response: z.unknown() }))).toEqual([404, 402, 400]);
  expect(codes.map((code) => statusOf(code))).toEqual([404, 402, 400]);
});

test('isAudited is true for every method but GET, unless the route says so', () => {
  expect((['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const).map((method) => isAudited(route({ method })))).toEqual([
    false,
    true,
    true,
    true,
    true,
  ]);
  expect(isAudited(route({ audit: true }))).toBe(true);
  expect(isAudited(route({ method: 'POST', audit: false }))).toBe(false);
});

test('isIdempotent is true for a POST of a caller alone', () => {
  expect(isIdempotent(route({ method: 'POST' }))).toBe(true);
  for (const method of ['GET', 'PUT', 'PATCH', 'DELETE'] as const)
    expect([method, isIdempotent(route({ method }))]).toEqual([method, false]);
  for (const auth of ['public', 'optional', 'admin', 'web'] as const)
    expect([auth, isIdempotent(route({ method: 'POST', auth }))]).toEqual([auth, false]);
});
