import { expect, test } from '@jest/globals';
import { toolProfiles } from '../test/agents-api.ts';
import { ADMIN_AGENT_LIMIT, type Plan, planForTier, planResources, planSchema, plans, tierSchema } from './plans.ts';

test('every plan has its memory, CPUs and rank', () => {
  // 2, 4, 8 and 16 GiB: the resources of the plans are a ruling, the contract names none.
  const resources = Object.entries(plans).map(([plan, { memoryBytes, cpus, rank }]) => [plan, memoryBytes, cpus, rank]);
  expect(resources).toEqual([
    ['solo', 2_147_483_648, 1, 1],
    ['collective', 4_294_967_296, 2, 2],
    ['label', 8_589_934_592, 4, 3],
    ['network', 17_179_869_184, 4, 4],
  ]);
  expect(Object.fromEntries(Object.entries(plans).map(([plan, { toolProfile }]) => [plan, toolProfile]))).toEqual(toolProfiles());
});

test('every plan has a limit of disk, and a higher plan a higher one', () => {
  // 2, 5, 10 and 20 GiB: a ruling asks for a limit per plan and names none.
  expect(Object.values(plans).map(({ diskBytes }) => diskBytes)).toEqual([2_147_483_648, 5_368_709_120, 10_737_418_240, 21_474_836_480]);
});

test('every plan has its limits of one reply', () => {
  const limits = Object.values(plans).map(({ replyMinutes, replyToolCalls }) => [replyMinutes, replyToolCalls]);
  expect(limits).toEqual([
    [10, 100],
    [15, 200],
    [20, 300],
    [30, 500],
  ]);
});

test('a name that is no plan or tier is refused with its sentence', () => {
  expect(planSchema.safeParse('gold').error?.issues[0]?.message).toBe('Invalid plan');
  expect(tierSchema.safeParse('gold').error?.issues[0]?.message).toBe('Invalid tier');
  expect(planSchema.options).toEqual(['solo', 'collective', 'label', 'network']);
  expect(tierSchema.options).toEqual(['starter', 'pro', 'enterprise']);
});

test.each<[Parameters<typeof planForTier>[0], Plan | null, Plan]>([
  [undefined, null, 'label'],
  [undefined, 'solo', 'label'],
  ['starter', null, 'solo'],
  ['starter', 'solo', 'solo'],
  ['starter', 'network', 'solo'],
  ['pro', null, 'collective'],
  ['pro', 'solo', 'solo'],
  ['pro', 'collective', 'collective'],
  ['pro', 'label', 'collective'],
  ['enterprise', null, 'network'],
  ['enterprise', 'solo', 'solo'],
  ['enterprise', 'label', 'label'],
  ['enterprise', 'network', 'network'],
])('planForTier of tier %s for an account on %s is %s', (tier, account, plan) => {
  expect(planForTier(tier, account)).toBe(plan);
});

test('an administrator has 1,000 agents at most', () => {
  expect(ADMIN_AGENT_LIMIT).toBe(1000);
});

test('a plan’s container gets no more than its host has', () => {
  const host = { memoryBytes: 4_000_000_000, cpus: 2 };
  expect(planResources('solo', host)).toEqual({ memoryBytes: 2_147_483_648, cpus: 1 });
  expect(planResources('label', host)).toEqual(host);
  expect(planResources('label', null)).toEqual({ memoryBytes: 8_589_934_592, cpus: 4 });
});
