import { describe, expect, test } from '@jest/globals';
import { detectSkippedLines } from './skipped-lines.ts';

describe('lines that the engine left out', () => {
  const from = Date.UTC(2026, 0, 1);
  /** A megabyte that was said within a tenth of a second. */
  const megabyte = (at: number) =>
    Array.from({ length: 100 }, (_, i) => ({
      id: String(at + i),
      stream: 'stdout' as const,
      at: new Date(at + i),
      text: 'x'.repeat(10_486),
    }));
  const one = (at: number) => [{ id: String(at), stream: 'stdout' as const, at: new Date(at), text: 'one' }];

  test('are missed where a reader was behind, and nowhere after a mere pause', () => {
    const [behind, paused] = [detectSkippedLines(), detectSkippedLines()];
    for (let i = 0; i < 6; i++)
      for (const watch of [behind, paused]) expect(watch(megabyte(from + i * 100), from + i * 100 + 110)).toBe(-1);
    // Three seconds later it reads what was said a second ago, and nothing of the two before.
    expect(behind(megabyte(from + 2_600), from + 3_600)).toBe(0);
    expect(paused(one(from + 3_600), from + 3_605)).toBe(-1);
  });
});
