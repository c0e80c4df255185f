import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

const DAY_MS = 24 * 3_600_000;
/** `all`, or the number of the part to play. */
const { SWEEP } = process.env;

/** Whether this run plays every case of each sweep. */
export const isWholeSweep = SWEEP === 'all';

/** The part that this run plays: the number of the day, or the number that `SWEEP` gives. */
function partOfRun(): number {
  const part = SWEEP === undefined ? Math.floor(Date.now() / DAY_MS) : Number(SWEEP);
  if (!Number.isSafeInteger(part) || part < 0) throw new Error('SWEEP is "all" or the number of a part');
  return part;
}

/** The part of a list with a number: `count` neighbours. The parts from 0 on follow each other, and begin anew at the end. */
export const partOf = <T>(cases: T[], count: number, part: number): T[] =>
  Array.from({ length: Math.min(count, cases.length) }, (_, index) => cases[(part * count + index) % cases.length] as T);

/**
 * The cases of a test that repeats one workflow at many moments or with many inputs: all with `SWEEP=all`, otherwise one part of
 * `count` cases. The day chooses the part, or `SWEEP` does by the part's number. Writes the choice to stderr.
 */
export function sweep<T>(cases: T[], count: number, nameOf: (each: T) => string = String): T[] {
  if (isWholeSweep || count >= cases.length) return cases;
  const chosen = partOf(cases, count, partOfRun());
  process.stderr.write(`${count} of ${cases.length} cases, all with SWEEP=all: ${chosen.map(nameOf).join(', ')}\n`);
  return chosen;
}

/** Seconds that test files take, by their names without `.test.ts`. */
export type Durations = Record<string, number>;

/** The names in `count` parts that take about the same time: the longest first, each into the part that is shortest by then. */
export function partsOf(durations: Durations, count: number): string[][] {
  const parts = Array.from({ length: count }, () => ({ seconds: 0, names: [] as string[] }));
  for (const [name, seconds] of Object.entries(durations).sort(([, one], [, other]) => other - one)) {
    const shortest = parts.reduce((one, other) => (other.seconds < one.seconds ? other : one));
    shortest.names.push(name);
    shortest.seconds += seconds;
  }
  return parts.map(({ names }) => names);
}

const nameOf = ({ path }: { path: string }) => /([^/]+)\.test\.ts$/.exec(path)?.[1] ?? path;

/** A stale table would make every run play everything. */
function checkNames(tests: { path: string }[], durations: Durations): void {
  const listed = tests.find((test) => nameOf(test) in durations);
  if (!listed) return;
  const missing = Object.keys(durations).filter((name) => !existsSync(join(dirname(listed.path), `${name}.test.ts`)));
  if (missing.length) throw new Error(`No test file has the name of this entry in the table of long files: ${missing.join(', ')}`);
}

/**
 * The test files that a run plays, the longest first, so that no long file starts last and runs alone. A run of all files plays one
 * of the `parts` parts of `inTurn`: the day chooses the part, or `SWEEP` does by the part's number. A run of named files plays all of
 * them, and `SWEEP=all` plays every file. Writes the files that it leaves out to stderr.
 * @param always the long files that every run plays
 * @throws Error when a name in one of the tables has no file
 */
export function inOrder<T extends { path: string }>(tests: T[], inTurn: Durations, parts: number, always: Durations = {}): T[] {
  const durations: Durations = { ...inTurn, ...always };
  checkNames(tests, durations);
  const names = new Set(tests.map(nameOf));
  const isPartial = Object.keys(durations).some((name) => !names.has(name));
  const chosen = isPartial || isWholeSweep ? undefined : partsOf(inTurn, parts)[partOfRun() % parts];
  const left = chosen ? Object.keys(inTurn).filter((name) => !chosen.includes(name)) : [];
  if (left.length) process.stderr.write(`Left for other days, all with SWEEP=all: ${left.join(', ')}\n`);
  return tests
    .filter((test) => !left.includes(nameOf(test)))
    .sort((one, other) => (durations[nameOf(other)] ?? 0) - (durations[nameOf(one)] ?? 0));
}
