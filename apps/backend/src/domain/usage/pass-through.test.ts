import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { passThrough } from './pass-through.ts';

/** A stream with what it reports. @param end runs after the last byte */
function passing(source: Readable, end = async () => undefined as void) {
  const seen = { chunks: [] as string[], ended: 0, cuts: [] as boolean[] };
  const passed = passThrough(source, {
    pass(bytes) {
      seen.chunks.push(Buffer.from(bytes).toString());
      return Buffer.from(Buffer.from(bytes).toString().toUpperCase());
    },
    end() {
      seen.ended += 1;
      return end();
    },
    cut: (bySource) => void seen.cuts.push(bySource),
  });
  return { passed, seen };
}

test('passThrough converts every byte, and ends once, after `end`', async () => {
  const { passed, seen } = passing(Readable.from([Buffer.from('a'), Buffer.from('b')], { objectMode: false }));
  expect(await text(passed)).toBe('AB');
  expect(seen).toMatchObject({ ended: 1, cuts: [] });
});

test('passThrough takes all chunks that have arrived as one', async () => {
  const source = new PassThrough();
  for (const part of ['a', 'b', 'c']) source.write(part);
  await nextTurn();
  const { passed, seen } = passing(source);
  source.end();
  expect(await text(passed)).toBe('ABC');
  expect(seen.chunks).toEqual(['abc']);
});

test('passThrough fails when its source fails, and says that the source was cut', async () => {
  const source = new PassThrough();
  const { passed, seen } = passing(source);
  source.write('a');
  const reading = text(passed);
  await nextTurn();
  source.destroy(new Error('the provider left'));
  await expect(reading).rejects.toThrow('the provider left');
  expect(seen).toMatchObject({ ended: 0, cuts: [true] });
});

test('passThrough destroys its source when its reader leaves, and says that the reader cut it', async () => {
  const source = new PassThrough();
  const { passed, seen } = passing(source);
  passed.destroy();
  await nextTurn();
  expect([source.destroyed, seen.ended, seen.cuts]).toEqual([true, 0, [false]]);
});

test('passThrough fails when `end` fails', async () => {
  const { passed, seen } = passing(Readable.from([Buffer.from('a')], { objectMode: false }), async () => {
    throw new Error('not booked');
  });
  await expect(text(passed)).rejects.toThrow('not booked');
  expect(seen.cuts).toEqual([]);
}, 5_000);
