import { expect, test } from '@jest/globals';
import { lastSeenStats, rememberStats } from './last-seen-stats.ts';

const figures = {
  messagesProcessed: 5,
  messagesPerHour: 2,
  averageResponseTime: 900,
  uptime: 60,
  successRate: '80.00',
  errorRate: '20.00',
};
const unknown = Object.fromEntries(Object.keys(figures).map((name) => [name, null]));

test('lastSeenStats are what this user last saw of this agent, and nothing that another user saw', () => {
  rememberStats('user_1', 'agent_1', { stats: { ...figures, messagesProcessed: 4 }, status: 'ok' } as never);
  rememberStats('user_1', 'agent_1', { stats: figures, status: 'ok' } as never);
  expect(lastSeenStats('user_1', 'agent_1')).toEqual({
    stats: { agentId: 'agent_1', ...figures, timestamp: expect.stringMatching(/^\d{4}-.*Z$/) },
    status: 'mock',
  });
  for (const [user, agent] of [
    ['user_2', 'agent_1'],
    ['user_1', 'agent_2'],
  ] as const) {
    expect(lastSeenStats(user, agent)).toEqual({ stats: { agentId: agent, ...unknown, timestamp: null }, status: 'mock' });
  }
});

test('lastSeenStats forget the oldest of more than a thousand', () => {
  for (let i = 0; i <= 1_000; i++) rememberStats('user_3', `agent_${i}`, { stats: figures, status: 'ok' } as never);
  expect(lastSeenStats('user_3', 'agent_0').stats.uptime).toBeNull();
  expect(lastSeenStats('user_3', 'agent_1').stats.uptime).toBe(60);
});
