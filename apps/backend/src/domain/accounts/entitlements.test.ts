import type { Plan } from '@agentbot/contracts';
import { describe, expect, test } from '@jest/globals';
import type { Actor } from '../../shared/actor.ts';
import type { Account } from './accounts.ts';
import { changedPlan, coveredPlan, coversContainer, hasDefaultPlan, isPaidClone, requireContainer, requirePlan } from './entitlements.ts';

const account = (plan: Plan | null, roles: Partial<Account> = {}): Account => ({
  id: 'u',
  email: 'u@example.com',
  emailTrusted: true,
  name: null,
  admin: false,
  tester: false,
  blocked: false,
  planWithdrawn: false,
  plan,
  ...roles,
});
const user: Actor = { kind: 'user', userId: 'u', credential: 'session', facade: 'web' };
const internal: Actor = { kind: 'user', userId: 'u', credential: 'internal', facade: 'backend' };
const service: Actor = { kind: 'service', facade: 'backend' };
const agent = (fields: object) =>
  ({ id: 'agent_1', plan: 'label', config: {}, parentId: null, runtime: 'container', state: 'stopped', ...fields }) as never;
const refused = (sentence: string) => expect.objectContaining({ code: 'PAYMENT_REQUIRED', message: sentence });
const outcome = (work: () => unknown) => {
  try {
    return work();
  } catch (error) {
    return error;
  }
};

/** solo < collective < label < network: the ranks of ruling 6. */
const order: Plan[] = ['solo', 'collective', 'label', 'network'];

test('requirePlan accepts the account’s plan and every smaller plan', () => {
  for (const [own, plan] of order.entries()) {
    for (const [index, requested] of order.entries()) {
      const result = outcome(() => requirePlan(account(plan), requested));
      if (index <= own) expect(result).toBeUndefined();
      else expect(result).toEqual(refused(`Your subscription does not cover ${requested}`));
    }
  }
});

test('requirePlan needs a subscription, except of administrators and testers', () => {
  expect(outcome(() => requirePlan(account(null), 'solo'))).toEqual(refused('Active subscription required'));
  expect(outcome(() => requirePlan(account(null, { admin: true }), 'network'))).toBeUndefined();
  expect(outcome(() => requirePlan(account(null, { tester: true }), 'network'))).toBeUndefined();
  expect(outcome(() => requirePlan(account('solo', { tester: true }), 'network'))).toBeUndefined();
});

test.each<[string, Actor, Plan | null, Plan | undefined, unknown]>([
  ['nothing requested', user, 'collective', undefined, 'collective'],
  ['nothing requested and no plan', user, null, undefined, 'label'],
  ['a covered plan', user, 'label', 'solo', 'solo'],
  ['a plan above the own', user, 'solo', 'label', refused('Your subscription does not cover label')],
  ['no plan: the container is checked before it starts', user, null, 'network', 'network'],
  ['the internal key', internal, 'solo', 'network', 'network'],
  ['the service', service, 'solo', 'network', 'network'],
])('coveredPlan with %s', (_case, actor, plan, requested, expected) => {
  expect(outcome(() => coveredPlan(actor, account(plan), requested))).toEqual(expected);
});

test('isPaidClone is true for a clone on the smallest plan alone', () => {
  expect(isPaidClone({ parentId: 'p', plan: 'solo' })).toBe(true);
  expect(isPaidClone({ parentId: null, plan: 'solo' })).toBe(false);
  expect(isPaidClone({ parentId: 'p', plan: 'collective' })).toBe(false);
});

describe('changedPlan', () => {
  test.each<[string, object]>([
    ['a clone', { parentId: 'p' }],
    ['an agent that answers without a container', { runtime: 'api' }],
    ['an agent that is being provisioned', { state: 'provisioning' }],
  ])('of %s needs a plan that covers it', (_case, fields) => {
    expect(outcome(() => changedPlan(user, account(null), agent(fields), 'network'))).toEqual(refused('Active subscription required'));
    expect(changedPlan(user, account('network'), agent(fields), 'network')).toBe('network');
    expect(changedPlan(internal, account(null), agent(fields), 'network')).toBe('network');
  });

  test('of a clone to the smallest plan is paid by the clone', () => {
    expect(changedPlan(user, account(null), agent({ parentId: 'p' }), 'solo')).toBe('solo');
    expect(outcome(() => changedPlan(user, account(null), agent({ runtime: 'api' }), 'solo'))).toEqual(
      refused('Active subscription required'),
    );
  });

  test('of a stopped agent is checked when it starts', () => {
    expect(changedPlan(user, account(null), agent({}), 'network')).toBe('network');
    expect(outcome(() => changedPlan(user, account('solo'), agent({}), 'network'))).toEqual(
      refused('Your subscription does not cover network'),
    );
  });
});

test('hasDefaultPlan is false where a request named the plan', () => {
  expect(hasDefaultPlan(agent({ plan: 'label' }))).toBe(true);
  expect(hasDefaultPlan(agent({ plan: 'label', config: { plan: 'label' } }))).toBe(false);
  expect(hasDefaultPlan(agent({ plan: 'solo' }))).toBe(false);
  expect(hasDefaultPlan(agent({ plan: 'label', config: { plan: 'solo' } }))).toBe(true);
});

test.each<[string, Account, object, boolean]>([
  ['no plan', account(null), {}, false],
  ['the default plan on the smallest subscription', account('solo'), {}, true],
  ['a named plan above the own', account('solo'), { config: { plan: 'label' } }, false],
  ['a named plan', account('label'), { config: { plan: 'label' } }, true],
  ['a larger subscription', account('network'), { plan: 'solo' }, true],
  ['a plan above the own', account('collective'), { plan: 'network' }, false],
  ['an administrator', account(null, { admin: true }), { plan: 'network' }, true],
  ['a tester', account(null, { tester: true }), { plan: 'network' }, true],
])('coversContainer with %s', (_case, owner, fields, covered) => {
  expect(coversContainer(owner, agent(fields))).toBe(covered);
  const result = outcome(() => requireContainer(user, owner, agent(fields)));
  if (covered) expect(result).toBeUndefined();
  else expect(result).toMatchObject({ code: 'PAYMENT_REQUIRED' });
  expect(outcome(() => requireContainer(service, owner, agent(fields)))).toBeUndefined();
});
