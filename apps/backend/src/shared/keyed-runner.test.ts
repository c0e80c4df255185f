import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { coalesce, createKeyedRunner } from './keyed-runner.ts';

/** Work that counts its runs, and whose runs end when the test says so. */
function manualWork() {
  const ends: (() => void)[] = [];
  return {
    runs: () => ends.length,
    endLast: async () => {
      ends.at(-1)?.();
      await sleep(0);
    },
    work: () => new Promise<void>((resolve) => ends.push(resolve)),
  };
}

describe('createKeyedRunner', () => {
  let stopping: AbortController;
  beforeEach(() => {
    stopping = new AbortController();
  });
  afterEach(() => stopping.abort());
  const ignore = () => undefined;

  test('runs work once more after a restart during its run, and not after a start', async () => {
    const { runs, endLast, work } = manualWork();
    const runner = createKeyedRunner(work, stopping.signal, ignore);
    runner.start('agent');
    runner.start('agent');
    runner.restart('agent');
    runner.restart('agent');
    expect([runs(), runner.count()]).toEqual([1, 1]);
    await endLast();
    expect([runs(), runner.count()]).toEqual([2, 1]);
    await endLast();
    expect([runs(), runner.count()]).toEqual([2, 0]);
    runner.restart('agent');
    expect(runs()).toBe(3);
    await endLast();
    await runner.ended();
  });

  test('runs the work of two keys side by side', async () => {
    const started: string[] = [];
    const runner = createKeyedRunner(async (key) => void started.push(key), stopping.signal, ignore);
    for (const key of ['one', 'two']) runner.start(key);
    expect([started, runner.count()]).toEqual([['one', 'two'], 2]);
    await runner.ended();
  });

  test('reports failed work and retries it after two seconds, until it succeeds', async () => {
    const began = Date.now();
    const failures: unknown[] = [];
    let runs = 0;
    const work = async () => {
      runs += 1;
      if (runs === 1) throw new Error('once');
    };
    const runner = createKeyedRunner(work, stopping.signal, (error, key) => failures.push([key, (error as Error).message]));
    runner.start('agent');
    await runner.ended();
    expect([runs, failures]).toEqual([2, [['agent', 'once']]]);
    expect(Date.now() - began).toBeGreaterThanOrEqual(1_990);
  });

  test('starts nothing after its signal has aborted', async () => {
    const { runs, endLast, work } = manualWork();
    const runner = createKeyedRunner(work, stopping.signal, ignore);
    runner.start('agent');
    runner.restart('agent');
    stopping.abort();
    await endLast();
    await runner.ended();
    runner.start('another');
    expect([runs(), runner.count()]).toEqual([1, 0]);
  });
});

test('coalesce runs work once more for all calls during its run', async () => {
  const { runs, endLast, work } = manualWork();
  const { run, isRunning } = coalesce(work);
  for (let i = 0; i < 3; i++) run();
  expect([runs(), isRunning()]).toEqual([1, true]);
  await endLast();
  expect([runs(), isRunning()]).toEqual([2, true]);
  await endLast();
  expect([runs(), isRunning()]).toEqual([2, false]);
});
