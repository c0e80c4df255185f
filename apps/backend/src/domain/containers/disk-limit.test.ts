import { expect, test } from '@jest/globals';
import { archiveProblem, diskProblem, stopsAt } from './disk-limit.ts';

const GIB = 1_073_741_824;
const size = { realBytes: 10, apparentBytes: 10, files: 1, unreadable: 0, complete: true };

// The plan solo allows 2 GiB.
test.each<[string, object, string | null]>([
  ['within the limit', {}, null],
  ['at the limit', { realBytes: 2 * GIB, apparentBytes: 2 * GIB }, null],
  ['that uses more disk', { realBytes: 2.5 * GIB }, "The agent's data uses 2.5 GiB of disk, more than the 2.0 GiB that its plan allows"],
  ['one byte past it', { realBytes: 2 * GIB + 1 }, "The agent's data uses 2.0 GiB of disk, more than the 2.0 GiB that its plan allows"],
  [
    'with a longer sparse file',
    { apparentBytes: 6 * GIB },
    "The agent's files have a length of 6.0 GiB, more than the 2.0 GiB that its plan allows: sparse files count in full",
  ],
  [
    'that cannot be read',
    { unreadable: 3 },
    "The agent's data has folders that cannot be read (3), so its size is unknown: the agent must make them readable, or delete them",
  ],
  [
    'of too many files',
    { files: 1_000_000, complete: false },
    "The agent's data has more files than are counted: the maximum is 1,000,000",
  ],
  ['of many files', { files: 999_999 }, null],
])('diskProblem of data %s', (_case, change, problem) => {
  expect(diskProblem({ ...size, ...change }, 'solo')).toBe(problem);
  if (problem) expect(archiveProblem({ ...size, ...change }, 'solo')).toBe(problem);
});

test('a higher plan allows more', () => {
  const large = { ...size, realBytes: 6 * GIB, apparentBytes: 6 * GIB };
  expect([diskProblem(large, 'collective'), diskProblem(large, 'label')]).toEqual([expect.stringContaining('5.0 GiB'), null]);
});

test.each<[string, object, string | null]>([
  ['without holes', {}, null],
  ['with half a GiB of holes', { apparentBytes: 10 + GIB / 2 }, null],
  [
    'with more holes',
    { apparentBytes: 6 * GIB },
    "The agent's data has sparse files with 6.0 GiB of holes, which an archive reads in full: the maximum is 0.5 GiB",
  ],
  [
    'that was not counted to its end',
    { complete: false },
    "The agent's data could not be measured in time, so it was not archived. Try again later",
  ],
])('archiveProblem of data %s', (_case, change, problem) => {
  expect(archiveProblem({ ...size, ...change }, 'network')).toBe(problem);
});

test('an agent past its limit is stopped 15 minutes after that was found, or after its start', () => {
  const at = (text: string | null) => (text === null ? null : new Date(`2026-11-30T${text}:00Z`));
  const stop = (since: string | null, started: string | null) => stopsAt({ diskProblemSince: at(since), startedAt: at(started) });
  expect(stop(null, '10:00')).toBeNull();
  expect(stop('10:00', null)).toEqual(at('10:15'));
  expect(stop('10:00', '09:00')).toEqual(at('10:15'));
  expect(stop('10:00', '11:30')).toEqual(at('11:45'));
});
