import { expect, test } from '@jest/globals';
import { coveredPlans, defaultPlan, formatPrice, type PlanOffer, planOptions } from './plans.ts';

test.each([
  [{ amount: 19.5, currency: 'usd', interval: 'month', intervalCount: 1 }, '$19.50 per month'],
  [{ amount: 290, currency: 'usd', interval: 'year', intervalCount: 1 }, '$290 per year'],
  [{ amount: 1_200, currency: 'jpy', interval: 'month', intervalCount: 3 }, '¥1,200 per 3 months'],
  [{ amount: 2.345, currency: 'kwd', interval: 'week', intervalCount: 2 }, 'KWD\u00a02.345 per 2 weeks'],
] as const)('formatPrice of %j is %s', (price, text) => {
  expect(formatPrice(price)).toBe(text);
});

const offer = (plan: PlanOffer['plan'], agents: number, gibibytes: number, cpus: number): PlanOffer => ({
  plan,
  agents,
  memoryBytes: gibibytes * 1024 ** 3,
  cpus,
  limitedByHost: false,
  tools: 'coding',
  forSale: false,
  price: null,
});
const offers = [offer('solo', 1, 2, 1), offer('collective', 3, 4, 2), offer('label', 1, 8, 2), offer('network', 100, 16, 2)];

test('planOptions name agents, memory, CPUs and price of each plan', () => {
  const price = { amount: 19, currency: 'usd', interval: 'month', intervalCount: 1 };
  expect(planOptions([{ ...offer('solo', 1, 2, 1), price }, offer('collective', 3, 4, 2)])).toEqual([
    ['solo', 'Solo: 1 agent, 2 GiB memory, 1 CPU, $19 per month'],
    ['collective', 'Collective: 3 agents, 4 GiB memory, 2 CPUs'],
  ]);
});

test('coveredPlans are the plans up to the account’s own, and all for an administrator', () => {
  const covered = (me: Parameters<typeof coveredPlans>[1]) => coveredPlans(offers, me).map(({ plan }) => plan);
  expect(covered({ plan: 'solo', admin: false })).toEqual(['solo']);
  expect(covered({ plan: 'label', admin: false })).toEqual(['solo', 'collective', 'label']);
  expect(covered({ plan: null, admin: true })).toEqual(['solo', 'collective', 'label', 'network']);
});

test('defaultPlan is the account’s own, and the smallest without one', () => {
  expect([defaultPlan(offers, { plan: 'collective' }), defaultPlan(offers, { plan: null })]).toEqual(['collective', 'solo']);
});
