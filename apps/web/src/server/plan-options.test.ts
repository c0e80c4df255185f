import { expect, test } from '@jest/globals';
import { planOffers, planOptions, tierOptions } from './plan-options.ts';

// The contract maps starter, pro and enterprise to solo, collective and network; without a tier the plan is label.
test('tierOptions show the size of the plan that the contract gives each tier', () => {
  expect(tierOptions).toEqual([
    ['', 'Default: 8 GiB memory, 4 CPUs'],
    ['starter', 'Starter: 2 GiB memory, 1 CPU'],
    ['pro', 'Pro: 4 GiB memory, 2 CPUs'],
    ['enterprise', 'Enterprise: 16 GiB memory, 4 CPUs'],
  ]);
});

test('planOptions show the size of each plan', () => {
  expect(Object.fromEntries(planOptions)).toEqual({
    solo: 'solo: 2 GiB memory, 1 CPU',
    collective: 'collective: 4 GiB memory, 2 CPUs',
    label: 'label: 8 GiB memory, 4 CPUs',
    network: 'network: 16 GiB memory, 4 CPUs',
  });
});

test('planOffers list the plans from the smallest to the largest, with the agents of the dashboard’s limit', () => {
  expect(planOffers.map(({ plan, agents, tools }) => [plan, agents, tools])).toEqual([
    ['solo', 1, 'messaging'],
    ['collective', 3, 'coding'],
    ['label', 1, 'coding'],
    ['network', 100, 'coding'],
  ]);
});
