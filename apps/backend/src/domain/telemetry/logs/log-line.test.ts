import { expect, test } from '@jest/globals';
import { lineRecord, logEntry } from './log-line.ts';

const record = (text: string, stream: 'stdout' | 'stderr' = 'stdout', secrets: string[] = []) => lineRecord('1', { stream, text }, secrets);

test.each<[string, 'stdout' | 'stderr', string, string]>([
  ['plain text on stdout', 'stdout', 'listening', 'info'],
  // A stack trace or a crash of Node.js is plain text on stderr: the filter level=warn must show it.
  ['plain text on stderr', 'stderr', 'TypeError: x is not a function', 'warn'],
  ['JSON with a level on stdout', 'stdout', '{"level":"error","message":"no"}', 'error'],
  ['JSON with a level on stderr', 'stderr', '{"level":"debug","message":"no"}', 'debug'],
  ['JSON with an unknown level on stdout', 'stdout', '{"level":"loud"}', 'info'],
  ['JSON without a level on stderr', 'stderr', '{"message":"no"}', 'warn'],
  ['broken JSON on stdout', 'stdout', '{"level":"error"', 'info'],
  ['the JSON value null', 'stdout', 'null', 'info'],
])('lineRecord gives %s its level', (_case, stream, text, level) => {
  expect(record(text, stream)).toEqual(['1', level, text]);
});

test('lineRecord replaces every occurrence of every secret before it cuts the line', () => {
  const [, , text] = record(`${'x'.repeat(16_380)}sk-secret and sk-secret`, 'stdout', ['sk-secret', 'other']);
  expect(text).toHaveLength(16_384);
  expect(text).not.toContain('sk-');
  expect(record('a sk-secret b other sk-secret', 'stdout', ['sk-secret', 'other'])[2]).toBe('a [redacted] b [redacted] [redacted]');
});

test('lineRecord removes terminal colours, also inside a secret', () => {
  expect(record('\u001b[31mred\u001b[0m and sk-\u001b[1msecret', 'stdout', ['sk-secret'])[2]).toBe('red and [redacted]');
});

test('logEntry reads message and source from JSON, and the time from the id in nanoseconds', () => {
  expect(logEntry('agent_1', '1774000000123456789', 'info', '{"message":"hello","subsystem":"gateway"}')).toEqual({
    id: 'log_1774000000123456789',
    timestamp: '2026-03-20T09:46:40.123Z',
    level: 'info',
    message: 'hello',
    source: 'gateway',
    agentId: 'agent_1',
  });
  expect(logEntry('agent_1', '1774000000123456789', 'warn', 'plain')).toMatchObject({ message: 'plain', source: 'agent' });
});
