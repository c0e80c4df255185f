import { AppError, type Plan, plans } from '@agentbot/contracts';
import type { Agent } from '../../generated/prisma/client.ts';
import { readAgentConfig } from '../../infra/openclaw/agent-config.ts';
import { type Actor, isTrusted } from '../../shared/actor.ts';
import type { Account } from './accounts.ts';

const isExempt = (account: Account) => account.admin || account.tester;

/** Requires that the account's plan covers `plan`; administrators and testers are exempt. @throws AppError PAYMENT_REQUIRED */
export function requirePlan(account: Account, plan: Plan): void {
  if (isExempt(account)) return;
  if (!account.plan) throw new AppError('PAYMENT_REQUIRED', 'Active subscription required');
  if (plans[plan].rank > plans[account.plan].rank) throw new AppError('PAYMENT_REQUIRED', `Your subscription does not cover ${plan}`);
}

/**
 * The plan of a new agent, or of an agent whose container starts only on request: the requested plan, if the account's plan
 * covers it; else the account's plan; else `label`, the contract's default. An account without a plan may request any plan,
 * because the container is checked again before it starts.
 * @throws AppError PAYMENT_REQUIRED
 */
export function coveredPlan(actor: Actor, account: Account, requested: Plan | undefined): Plan {
  if (!requested) return account.plan ?? 'label';
  if (!isTrusted(actor) && account.plan) requirePlan(account, requested);
  return requested;
}

/** Whether a clone payment covers the agent: a clone on the smallest plan. */
export const isPaidClone = ({ parentId, plan }: { parentId: string | null; plan: Plan }) => parentId !== null && plan === 'solo';

/**
 * The new plan of an existing agent. A clone, and an agent that gets its container without a further request, need a plan
 * of the account that covers the new one: no later check would stop the container.
 * @throws AppError PAYMENT_REQUIRED
 */
export function changedPlan(actor: Actor, account: Account, agent: Agent, requested: Plan): Plan {
  const startsUnchecked = agent.parentId !== null || agent.runtime === 'api' || agent.state === 'provisioning';
  const coveredByClonePayment = isPaidClone({ ...agent, plan: requested });
  if (startsUnchecked && !coveredByClonePayment && !isTrusted(actor)) requirePlan(account, requested);
  return coveredPlan(actor, account, requested);
}

/** The fields that decide the container's plan. `config.plan` exists only if a request named a plan. */
type Planned = Pick<Agent, 'plan' | 'config'>;

/** Whether the agent has `label` as the contract's default. A request that names `label` must pay for it like any plan. */
export const hasDefaultPlan = (agent: Planned) => agent.plan === 'label' && readAgentConfig(agent).plan !== 'label';

/** Whether an account's plan covers the container of an agent. */
export const coversContainer = (account: Account, agent: Planned): boolean =>
  isExempt(account) || (account.plan !== null && (hasDefaultPlan(agent) || plans[agent.plan].rank <= plans[account.plan].rank));

/** Requires that the account's plan covers the agent's container. @throws AppError PAYMENT_REQUIRED */
export function requireContainer(actor: Actor, account: Account, agent: Planned): void {
  if (!isTrusted(actor) && !coversContainer(account, agent)) requirePlan(account, agent.plan);
}
