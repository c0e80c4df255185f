import { expect, test } from '@jest/globals';
import { createRowCache } from './row-cache.ts';

/** A cache of at most two rows for ten milliseconds, its clock, and a table that counts its reads. */
function setUp() {
  const time = { ms: 0 };
  const cache = createRowCache<{ id: string; version: number }>({ max: 2, lifetimeMs: 10 }, () => time.ms);
  const loads: string[] = [];
  const read = (id: string, name = id) =>
    cache.read(name, async () => {
      loads.push(id);
      return { id, version: loads.length };
    });
  return { time, cache, loads, read };
}

test('a row cache reads the table each time until it is switched on, and after it is switched off', async () => {
  const { cache, loads, read } = setUp();
  for (const on of [false, true, false]) {
    if (on || loads.length) cache.clear(on);
    await read('a');
    await read('a');
  }
  expect(loads).toEqual(['a', 'a', 'a', 'a', 'a']);
});

test('a row cache reads a row again after its lifetime, and after it is told of a change', async () => {
  const { time, cache, loads, read } = setUp();
  cache.clear(true);
  await read('a', 'hash of a');
  time.ms = 9;
  expect(await read('a', 'hash of a')).toEqual({ id: 'a', version: 1 });
  time.ms = 10;
  expect(await read('a', 'hash of a')).toEqual({ id: 'a', version: 2 });
  cache.forget('a');
  expect(await read('a', 'hash of a')).toEqual({ id: 'a', version: 3 });
  expect(loads).toHaveLength(3);
});

test('a row cache keeps no row that it read before it was told of a change', async () => {
  const { cache } = setUp();
  cache.clear(true);
  const old = await cache.read('a', async () => {
    cache.forget('a');
    return { id: 'a', version: 1 };
  });
  expect(old?.version).toBe(1);
  expect((await cache.read('a', async () => ({ id: 'a', version: 2 })))?.version).toBe(2);
});

test('a row cache keeps at most its maximum of rows, the newest ones, and no missing row', async () => {
  const { cache, loads, read } = setUp();
  cache.clear(true);
  for (const id of ['a', 'b', 'c']) await read(id);
  await read('b');
  await read('c');
  await read('a');
  expect(loads).toEqual(['a', 'b', 'c', 'a']);
  let reads = 0;
  const missing = async () => {
    reads++;
    return null;
  };
  await cache.read('none', missing);
  await cache.read('none', missing);
  expect(reads).toBe(2);
});
