import { expect, test } from '@jest/globals';
import { usageBetween } from './usage-between.ts';

const before = {
  cpu: 1_000,
  systemCpu: 10_000,
  onlineCpus: 2,
  memory: 1,
  memoryLimit: 2,
  received: 100,
  sent: 200,
  read: 300,
  written: 400,
  pids: 1,
};
const after = {
  ...before,
  cpu: 2_500,
  systemCpu: 12_000,
  memory: 64,
  memoryLimit: 128,
  received: 110,
  sent: 225,
  read: 330,
  written: 440,
  pids: 9,
};

test('usageBetween returns the share of one CPU, the increases of counters, and the latest sizes', () => {
  // 1,500 of 2,000 on two CPUs: one and a half CPUs.
  expect(usageBetween(before, after)).toEqual({
    samples: 1,
    cpu: 1.5,
    memory: 64,
    memoryLimit: 128,
    received: 10,
    sent: 25,
    read: 30,
    written: 40,
    pids: 9,
  });
});

test('usageBetween counts a counter that fell from zero, as after a new network', () => {
  expect(usageBetween(before, { ...after, received: 7, sent: 3 })).toMatchObject({ received: 7, sent: 3 });
});

test('usageBetween of an idle container is zero', () => {
  const idle = { cpu: 0, received: 0, sent: 0, read: 0, written: 0 };
  expect(usageBetween(before, { ...before, systemCpu: 12_000 })).toMatchObject(idle);
});

test.each([
  ['of the same moment', { ...after, systemCpu: before.systemCpu }],
  ['of an earlier moment', { ...after, systemCpu: before.systemCpu - 1 }],
  ['of a restarted container', { ...after, cpu: before.cpu - 1 }],
])('usageBetween returns null for a second sample %s', (_case, second) => {
  expect(usageBetween(before, second)).toBeNull();
});
