import { expect, test } from '@jest/globals';
import { planOf, priceOf } from './plan-prices.ts';

const config = {
  STRIPE_PRICE_SOLO: 'price_solo',
  STRIPE_PRICE_COLLECTIVE: 'price_collective',
  STRIPE_PRICE_LABEL: 'price_label',
  STRIPE_PRICE_NETWORK: 'price_network',
};
/** A subscription with these prices, as Stripe's API has it: https://docs.stripe.com/api/subscriptions/object */
const subscription = (...ids: string[]) => ({ items: { data: ids.map((id) => ({ price: { id } })) } }) as never;

test('priceOf is the price of the plan’s own setting, undefined where it is not set', () => {
  expect((['solo', 'collective', 'label', 'network'] as const).map((plan) => priceOf(config, plan))).toEqual([
    'price_solo',
    'price_collective',
    'price_label',
    'price_network',
  ]);
  expect(priceOf({} as never, 'solo')).toBeUndefined();
});

// The order of the plans: solo, collective, label, network.
test.each([
  [['price_solo'], 'solo'],
  [['price_network'], 'network'],
  [['price_solo', 'price_label', 'price_collective'], 'label'],
  [['price_network', 'price_solo'], 'network'],
  [['price_other', 'price_collective'], 'collective'],
  [['price_other'], null],
  [[], null],
])('planOf a subscription with the prices %j is %s', (ids, plan) => {
  expect(planOf(config, subscription(...ids))).toBe(plan);
});

test('planOf takes no price for a plan that is not for sale', () => {
  expect(planOf({} as never, subscription('price_solo'))).toBeNull();
  expect(planOf({ ...config, STRIPE_PRICE_NETWORK: undefined }, subscription('price_network', 'price_solo'))).toBe('solo');
});
