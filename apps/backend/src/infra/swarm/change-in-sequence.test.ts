import { expect, test } from '@jest/globals';
import { changeInSequence } from './change-in-sequence.ts';

/** As Docker Engine 20.10 answers, with the status 500. */
const refusal = () => Object.assign(new Error('(HTTP code 500) server error - rpc error: code = Unknown desc = update out of sequence'));

test('changeInSequence repeats a change that the swarm refuses as out of sequence', async () => {
  let version = 0;
  const changed = await changeInSequence(async () => {
    version += 1;
    if (version < 3) throw refusal();
    return version;
  });
  expect(changed).toBe(3);
});

test('changeInSequence fails after eight refusals, and at once after any other error', async () => {
  let attempts = 0;
  const fail = (error: Error) => async () => {
    attempts += 1;
    throw error;
  };
  await expect(changeInSequence(fail(refusal()))).rejects.toThrow('update out of sequence');
  expect(attempts).toBe(8);
  await expect(changeInSequence(fail(new Error('no such node')))).rejects.toThrow('no such node');
  expect(attempts).toBe(9);
});
