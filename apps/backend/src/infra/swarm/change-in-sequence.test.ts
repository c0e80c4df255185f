import { expect, test } from '@jest/globals';
import { changeInSequence } from './change-in-sequence.ts';

/** As Docker Engine 20.10 answers, with the status 500. */
const refusal = () => Object.assign(new Error('(HTTP code 500) server error - rpc error: code = Unknown desc = update out of sequence'));

test('a change of another version is made again from the version that is there', async () => {
  let version = 0;
  const changed = await changeInSequence(async () => {
    version += 1;
    if (version < 3) throw refusal();
    return version;
  });
  expect(changed).toBe(3);
});

test('a change that is refused again and again fails after eight attempts, any other failure at once', async () => {
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
