import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { agentIdSchema, agentParams } from './agents.ts';
import type { Route } from './define-route.ts';
import { agentNamedIn } from './named-agent.ts';

const route = (fields: Partial<Route> = {}) => ({ method: 'GET', auth: 'caller', ...fields }) as Route;
const withPath = route({ params: agentParams });

test('agentNamedIn is the agent in the path, in the body or in the query, in this order', () => {
  const input = { params: { id: 'in-path' }, body: { agentId: 'in-body' }, query: { agentId: 'in-query' } };
  expect(agentNamedIn(withPath, input)).toBe('in-path');
  expect(agentNamedIn(route(), input)).toBe('in-body');
  expect(agentNamedIn(route(), { ...input, body: {} })).toBe('in-query');
  expect(agentNamedIn(withPath, { query: { agentId: 'in-query' } })).toBe('in-query');
});

test('agentNamedIn finds the agent under every name of the parameter, and takes no other parameter for one', () => {
  const backup = route({ params: z.object({ backupId: z.string(), userId: agentIdSchema }) });
  expect(agentNamedIn(backup, { params: { backupId: 'bk_1', userId: 'agent_1' } })).toBe('agent_1');
  const message = route({ params: z.object({ id: z.string() }) });
  expect(agentNamedIn(message, { params: { id: 'msg_1' } })).toBeUndefined();
});

test.each([{}, { body: null }, { body: 'agent_1' }, { body: ['agent_1'] }, { body: { agentId: 5 } }, { body: { agentId: null } }])(
  'agentNamedIn of %j names no agent',
  (input) => {
    expect(agentNamedIn(route(), input)).toBeUndefined();
    expect(agentNamedIn(withPath, input)).toBeUndefined();
  },
);
