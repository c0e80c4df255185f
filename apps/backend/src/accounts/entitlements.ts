import { AppError, type Plan, plans } from '@agentbot/contracts';
import { type Actor, isTrusted } from '../http/actor.ts';
import type { Account } from './accounts.ts';

const isExempt = (account: Account) => account.admin || account.tester;

/** Whether an account pays, or need not, for an agent of this plan. @throws AppError PAYMENT_REQUIRED */
export function requirePlan(account: Account, asked: Plan): void {
  if (isExempt(account)) return;
  if (!account.plan) throw new AppError('PAYMENT_REQUIRED', 'Active subscription required');
  if (plans[asked].rank > plans[account.plan].rank) throw new AppError('PAYMENT_REQUIRED', `Your subscription does not cover ${asked}`);
}

/**
 * The plan of a new or changed agent: the one asked for, as far as the account's covers it; else the account's own;
 * else `label`, the contract's default, which everybody has. An account without a plan may name any: it gets no
 * container for it.
 * @throws AppError PAYMENT_REQUIRED
 */
export function coveredPlan(actor: Actor, account: Account, asked: Plan | undefined): Plan {
  if (!asked) return account.plan ?? 'label';
  if (!isTrusted(actor) && account.plan && asked !== 'label') requirePlan(account, asked);
  return asked;
}

/** Whether an agent was paid for by itself: a clone, as long as it keeps to the smallest plan. */
export const isPaidFor = ({ parentId, plan }: { parentId: string | null; plan: Plan }) => parentId !== null && plan === 'solo';

/** Whether an agent of this account may get a container. @throws AppError PAYMENT_REQUIRED */
export function requireContainer(actor: Actor, account: Account, plan: Plan): void {
  if (isTrusted(actor) || isExempt(account)) return;
  if (!account.plan) throw new AppError('PAYMENT_REQUIRED', 'Active subscription required');
  coveredPlan(actor, account, plan);
}
