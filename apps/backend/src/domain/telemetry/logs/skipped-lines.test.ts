import { describe, expect, test } from '@jest/globals';
import { detectSkippedLines } from './skipped-lines.ts';

describe('detectSkippedLines', () => {
  const from = Date.UTC(2026, 0, 1);
  const line = (at: number, text: string) => ({ id: String(at), stream: 'stdout' as const, at: new Date(at), text });
  /** One megabyte of log lines, written within 100 ms. */
  const megabyte = (at: number) => Array.from({ length: 100 }, (_, i) => line(at + i, 'x'.repeat(10_486)));
  const one = (at: number) => [line(at, 'one')];
  /** A reader that has read `megabytes` in the first tenths of seconds. */
  const fast = (megabytes = 6) => {
    const watch = detectSkippedLines();
    for (let i = 0; i < megabytes; i++) expect(watch(megabyte(from + i * 100), from + i * 100 + 110)).toBe(-1);
    return watch;
  };
  const last = from + 599;

  test('reports a gap after a jump of a reader that is behind, and no gap after a pause of the container', () => {
    // After three seconds the reader gets lines that are one second old; the lines of the two seconds before are missing.
    expect(fast()(megabyte(from + 2_600), from + 3_600)).toBe(0);
    expect(fast()(one(from + 3_600), from + 3_605)).toBe(-1);
  });

  test('reports no gap of a container that writes little', () => {
    expect(fast(4)(one(from + 2_600), from + 3_600)).toBe(-1);
    expect(fast(5)(one(from + 2_600), from + 3_600)).toBe(0);
  });

  test('reports the line after the pause, not the first line that was read', () => {
    const lines = [line(last + 50, 'a'), line(last + 100, 'b'), line(last + 201, 'c'), line(last + 202, 'd')];
    expect(fast()(lines, last + 3_000)).toBe(2);
  });

  test('reports a pause above 100 ms, a reader more than a second behind, and a line older than 250 ms', () => {
    expect(fast()(one(last + 100), last + 2_000)).toBe(-1);
    expect(fast()(one(last + 101), last + 2_000)).toBe(0);
    expect(fast()(one(last + 500), last + 1_000)).toBe(-1);
    expect(fast()(one(last + 500), last + 1_001)).toBe(0);
    expect(fast()(one(last + 1_750), last + 2_000)).toBe(-1);
    expect(fast()(one(last + 1_749), last + 2_000)).toBe(0);
  });

  test('reports none for a reader without lines', () => {
    expect(fast()([], last + 5_000)).toBe(-1);
  });

  test('calls a container fast above four megabytes, not at four', () => {
    const written = (characters: number) => {
      const watch = detectSkippedLines();
      watch(one(from), from);
      watch([line(from + 1, 'x'.repeat(characters))], from + 1);
      return watch;
    };
    expect(written(4_194_304)(one(from + 2_600), from + 3_600)).toBe(-1);
    expect(written(4_194_305)(one(from + 2_600), from + 3_600)).toBe(0);
  });

  test('keeps the character count at ten seconds, and half of it at twenty', () => {
    // The window begins with the last line of the first read.
    const start = from + 99;
    const kept = fast(6);
    expect(kept(one(start + 10_000), start + 10_005)).toBe(-1);
    expect(kept(one(start + 11_500), start + 13_000)).toBe(0);
    const halved = fast(10);
    expect(halved(one(start + 20_000), start + 20_005)).toBe(-1);
    expect(halved(one(start + 21_500), start + 23_000)).toBe(0);
  });

  test('drops the character count after twenty seconds and halves it after ten', () => {
    const slow = fast();
    expect(slow(one(last + 10_500), last + 10_505)).toBe(-1);
    // Half of six megabytes is below the limit of four.
    expect(slow(one(last + 12_000), last + 14_000)).toBe(-1);
    const faster = fast(9);
    expect(faster(one(from + 10_500), from + 10_505)).toBe(-1);
    expect(faster(one(from + 12_000), from + 14_000)).toBe(0);
    const forgotten = fast(9);
    expect(forgotten(one(from + 25_000), from + 25_005)).toBe(-1);
    expect(forgotten(one(from + 27_000), from + 29_000)).toBe(-1);
  });
});
