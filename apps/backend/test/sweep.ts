const DAY_MS = 24 * 3_600_000;
/** `all`, or the number of the part to play. */
const { SWEEP } = process.env;

/** Whether this run plays every case of each sweep. */
export const isWholeSweep = SWEEP === 'all';

/** The part of a list with a number: `count` neighbours. The parts from 0 on follow each other, and begin anew at the end. */
export const partOf = <T>(cases: T[], count: number, part: number): T[] =>
  Array.from({ length: Math.min(count, cases.length) }, (_, index) => cases[(part * count + index) % cases.length] as T);

/**
 * The cases of a test that repeats one workflow at many moments or with many inputs: all with `SWEEP=all`, otherwise a part,
 * of `count` cases, on each day the next one, or the one that `SWEEP=0`, `SWEEP=1` and so on names. Writes the choice to stderr.
 */
export function sweep<T>(cases: T[], count: number, nameOf: (each: T) => string = String): T[] {
  if (isWholeSweep || count >= cases.length) return cases;
  const part = SWEEP === undefined ? Math.floor(Date.now() / DAY_MS) : Number(SWEEP);
  if (!Number.isSafeInteger(part) || part < 0) throw new Error('SWEEP is "all" or the number of a part');
  const chosen = partOf(cases, count, part);
  process.stderr.write(`${count} of ${cases.length} cases, all with SWEEP=all: ${chosen.map(nameOf).join(', ')}\n`);
  return chosen;
}
