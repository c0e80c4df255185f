import { expect, test } from '@jest/globals';
import { track, trackedOperations, untrack } from './tracked-operations.ts';

const operation = (agentId: string, since: number) => ({ agentId, agentName: 'Ada', kind: 'restore' as const, since });

test('an operation is tracked until its end has been told; others stay', () => {
  track(operation('a', 1));
  track(operation('a', 2));
  track(operation('b', 1));
  untrack(operation('a', 1));
  expect(trackedOperations()).toEqual([operation('a', 2), operation('b', 1)]);
  untrack(operation('a', 2));
  untrack(operation('b', 1));
  expect(trackedOperations()).toEqual([]);
});
