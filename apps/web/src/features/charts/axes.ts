import { msg } from '@lingui/core/macro';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TIME_STEPS = [10 * MINUTE, 15 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 6 * HOUR, DAY, 5 * DAY];
const MAX_TIME_TICKS = 7;
const MAX_VALUE_TICKS = 5;

/** The ranges of the charts: the name, the length, and the history that has the points. */
export const ranges = {
  '1h': { title: msg`1 h`, length: HOUR, history: 'day' },
  '6h': { title: msg`6 h`, length: 6 * HOUR, history: 'day' },
  '1d': { title: msg`1 d`, length: DAY, history: 'day' },
  '7d': { title: msg`7 d`, length: 7 * DAY, history: 'month' },
  '30d': { title: msg`30 d`, length: 30 * DAY, history: 'month' },
} as const;
export type Range = keyof typeof ranges;

/** Round times between two times, at local midnight and at whole steps after it; none of their labels repeats. */
export function timeTicks(from: number, to: number): number[] {
  const step = TIME_STEPS.find((each) => (to - from) / each <= MAX_TIME_TICKS) ?? 5 * DAY;
  const ticks: number[] = [];
  const midnight = new Date(from).setHours(0, 0, 0, 0);
  for (let n = 0; ; n++) {
    // Days differ in length where the clock is changed.
    const at = step < DAY ? midnight + n * step : new Date(midnight).setDate(new Date(midnight).getDate() + (n * step) / DAY);
    if (at > to) return ticks;
    if (at > from) ticks.push(at);
  }
}

/**
 * Round values from 0 to at least `max`, each different from the others when it is written.
 * @param base 1024 for bytes, 10 for plain numbers
 */
export function valueTicks(max: number, base: 10 | 1024): number[] {
  if (max <= 0) return [0, 1];
  const unit = base ** Math.floor(Math.log(max) / Math.log(base));
  const rough = max / (MAX_VALUE_TICKS - 1) / unit;
  const power = 10 ** Math.floor(Math.log10(rough));
  // A byte is not divided.
  const step = Math.max(base === 1024 ? 1 : 0, ([1, 2, 5, 10].find((each) => each * power >= rough) ?? 10) * power * unit);
  return Array.from({ length: Math.ceil(max / step - 1e-9) + 1 }, (_, n) => Number((n * step).toPrecision(12)));
}

/**
 * Puts an empty point into each gap, so that no line is drawn across it.
 * @param interval milliseconds from one point to the next
 */
export function withGaps<T extends { at: number }>(points: readonly T[], interval: number): (T | { at: number })[] {
  return points.flatMap((point, index) => {
    const before = points[index - 1];
    return before && point.at - before.at > 1.5 * interval ? [{ at: before.at + interval }, point] : [point];
  });
}
