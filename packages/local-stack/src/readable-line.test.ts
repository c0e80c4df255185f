import { expect, test } from '@jest/globals';
import { readableLine } from './readable-line.ts';

test('a line of the log has its time, level, message and fields in this order, without process and host', () => {
  const time = new Date(2026, 10, 30, 9, 5, 7).getTime();
  const line = JSON.stringify({ level: 40, time, pid: 7, hostname: 'host', agentId: 'agent_1', msg: 'an agent is restarted' });
  expect(readableLine(line)).toBe('[09:05:07] WARN: an agent is restarted {"agentId":"agent_1"}');
});

test.each(['', ' ✓ Ready in 2.1s', '{"level":', '{"other": 1}'])('any other line stays as it is: %j', (line) => {
  expect(readableLine(line)).toBe(line);
});
