import { expect, test } from '@jest/globals';
import { copied, entryLines, gapLine, parseLine, timeOf } from './log-line.ts';

const id = '1767225600123456789';

test('parseLine reads a JSON line of OpenClaw, and keeps its text for the download', () => {
  const text = '{"level":"error","subsystem":"gateway","message":"port in use"}';
  expect(parseLine(text, id)).toMatchObject({ id, level: 'error', source: 'gateway', message: 'port in use', text });
});

test.each(['plain text', '{ not JSON', 'null', '{"level":"loud","message":7}'])('parseLine shows the line %s as it is', (text) => {
  expect(parseLine(text, id)).toMatchObject({ level: undefined, source: undefined, message: text, text });
});

test('entryLines put a mark before the first line after a gap, and no mark elsewhere', () => {
  const entry = { id: `log_${id}`, timestamp: '2026-01-01T00:00:00.123Z', level: 'warn', source: 'agent', message: 'm' } as const;
  expect(entryLines(entry as never)).toMatchObject([{ id, level: 'warn', source: undefined, message: 'm', text: 'm' }]);
  expect(entryLines({ ...entry, gap: true } as never).map(({ message }) => message)).toEqual(['… lines are missing here …', 'm']);
  expect(gapLine(id).key).not.toBe(id);
});

test('entryLines write a line of a subsystem as JSON for the download', () => {
  const entry = { id: `log_${id}`, timestamp: '2026-01-01T00:00:00.123Z', level: 'info', source: 'gateway', message: 'm' };
  const [line] = entryLines(entry as never);
  expect(JSON.parse(line?.text ?? '')).toEqual({ time: entry.timestamp, level: 'info', subsystem: 'gateway', message: 'm' });
});

test('a copied line has its time in UTC, its level and its source', () => {
  const line = parseLine('{"level":"warn","subsystem":"gateway","message":"slow"}', id);
  expect(timeOf(line)).toBe(1_767_225_600_123);
  expect(copied(line)).toBe('2026-01-01T00:00:00.123Z warn gateway slow');
  expect(copied(parseLine('plain', id))).toBe('2026-01-01T00:00:00.123Z plain');
});

test('each line shows its date', () => {
  expect(parseLine('plain', id).time).toMatch(/2026|2025/);
});
