import { AppError, type Plan, plans } from '@agentbot/contracts';
import type { Agent } from '../../generated/prisma/client.ts';
import { readAgentConfig } from '../../infra/openclaw/agent-config.ts';
import { type Actor, isTrusted } from '../../shared/actor.ts';
import type { Account } from './accounts.ts';

const isExempt = (account: Account) => account.admin || account.tester;

/** Whether an account pays, or need not, for an agent of this plan. @throws AppError PAYMENT_REQUIRED */
export function requirePlan(account: Account, asked: Plan): void {
  if (isExempt(account)) return;
  if (!account.plan) throw new AppError('PAYMENT_REQUIRED', 'Active subscription required');
  if (plans[asked].rank > plans[account.plan].rank) throw new AppError('PAYMENT_REQUIRED', `Your subscription does not cover ${asked}`);
}

/**
 * The plan of a new agent, or of one that has to be asked for its container: the one asked for, as far as the account's
 * covers it; else the account's own; else `label`, the contract's default. An account without a plan may name any: it gets
 * no container for it.
 * @throws AppError PAYMENT_REQUIRED
 */
export function coveredPlan(actor: Actor, account: Account, asked: Plan | undefined): Plan {
  if (!asked) return account.plan ?? 'label';
  if (!isTrusted(actor) && account.plan) requirePlan(account, asked);
  return asked;
}

/** Whether an agent was paid for by itself: a clone, as long as it keeps to the smallest plan. */
export const isPaidClone = ({ parentId, plan }: { parentId: string | null; plan: Plan }) => parentId !== null && plan === 'solo';

/**
 * The plan that an agent is changed to. One that gets a container without being asked for it, or was paid for by itself, grows
 * only as far as the account's plan does.
 * @throws AppError PAYMENT_REQUIRED
 */
export function changedPlan(actor: Actor, account: Account, agent: Agent, asked: Plan): Plan {
  const unasked = agent.parentId !== null || agent.runtime === 'api' || agent.state === 'provisioning';
  const paidFor = isPaidClone({ ...agent, plan: asked });
  if (unasked && !paidFor && !isTrusted(actor)) requirePlan(account, asked);
  return coveredPlan(actor, account, asked);
}

/** What of an agent says what its container is like: a configuration with a plan was given one by name. */
type Planned = Pick<Agent, 'plan' | 'config'>;

/** `label` is what the contract gives to whoever pays and names no plan; named, it must be paid for like any other. */
export const hasDefaultPlan = (agent: Planned) => agent.plan === 'label' && readAgentConfig(agent).plan !== 'label';

/** Whether an account's plan covers the container of an agent. */
export const coversContainer = (account: Account, agent: Planned): boolean =>
  isExempt(account) || (account.plan !== null && (hasDefaultPlan(agent) || plans[agent.plan].rank <= plans[account.plan].rank));

/** Whether an agent of this account may get a container. @throws AppError PAYMENT_REQUIRED */
export function requireContainer(actor: Actor, account: Account, agent: Planned): void {
  if (!isTrusted(actor) && !coversContainer(account, agent)) requirePlan(account, agent.plan);
}
