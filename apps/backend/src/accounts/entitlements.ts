import { AppError, type Plan, plans } from '@agentbot/contracts';
import { type Actor, isTrusted } from '../http/actor.ts';
import type { Account } from './accounts.ts';

/** Whether an account pays, or need not; `sentence` is what the refusal says. @throws AppError PAYMENT_REQUIRED */
export function requireSubscription(actor: Actor, account: Account, sentence?: string): void {
  if (isTrusted(actor) || account.admin || account.tester || account.plan) return;
  throw new AppError('PAYMENT_REQUIRED', sentence);
}

/**
 * The plan of a new or changed agent: the one asked for, as far as the account's covers it; else the account's own;
 * else `label`, the contract's default. An account without a plan may name any: it gets no container for it.
 * @throws AppError PAYMENT_REQUIRED
 */
export function coveredPlan(actor: Actor, account: Account, asked: Plan | undefined): Plan {
  if (!asked) return account.plan ?? 'label';
  if (isTrusted(actor) || account.admin || account.tester || !account.plan || asked === 'label') return asked;
  if (plans[asked].rank > plans[account.plan].rank) throw new AppError('PAYMENT_REQUIRED', `Your subscription does not cover ${asked}`);
  return asked;
}

/** Whether an agent of this account may get a container. @throws AppError PAYMENT_REQUIRED */
export function requireContainer(actor: Actor, account: Account, plan: Plan): void {
  requireSubscription(actor, account, 'Active subscription required');
  coveredPlan(actor, account, plan);
}
