import { describe, expect, test } from '@jest/globals';
import { detectSkippedLines } from './skipped-lines.ts';

describe('detectSkippedLines', () => {
  const from = Date.UTC(2026, 0, 1);
  /** One megabyte of log lines, written within 100 ms. */
  const megabyte = (at: number) =>
    Array.from({ length: 100 }, (_, i) => ({
      id: String(at + i),
      stream: 'stdout' as const,
      at: new Date(at + i),
      text: 'x'.repeat(10_486),
    }));
  const one = (at: number) => [{ id: String(at), stream: 'stdout' as const, at: new Date(at), text: 'one' }];

  test('reports a gap after a jump of a reader that is behind, and no gap after a pause of the container', () => {
    const [behind, paused] = [detectSkippedLines(), detectSkippedLines()];
    for (let i = 0; i < 6; i++)
      for (const watch of [behind, paused]) expect(watch(megabyte(from + i * 100), from + i * 100 + 110)).toBe(-1);
    // After three seconds the reader gets lines that are one second old; the lines of the two seconds before are missing.
    expect(behind(megabyte(from + 2_600), from + 3_600)).toBe(0);
    expect(paused(one(from + 3_600), from + 3_605)).toBe(-1);
  });
});
