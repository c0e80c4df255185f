import { type Plan, planForTier, plans, type Tier } from '@agentbot/contracts';
import { formatBytes } from '../lib/format.ts';
import type { Options } from '../lib/options.ts';
import type { PlanOffer } from '../lib/plans.ts';

/** What the container of a plan may use, as one says it. */
function sizeOf(plan: Plan): string {
  const { memoryBytes, cpus } = plans[plan];
  return `${formatBytes(memoryBytes)} memory, ${cpus} ${cpus === 1 ? 'CPU' : 'CPUs'}`;
}

const names: [Tier | '', string][] = [
  ['', 'Default'],
  ['starter', 'Starter'],
  ['pro', 'Pro'],
  ['enterprise', 'Enterprise'],
];
/** What a container may use; the account's plan caps it. */
export const tierOptions: Options = names.map(
  ([tier, name]) => [tier, `${name}: ${sizeOf(planForTier(tier || undefined, null))}`] as const,
);

/** The plans, with what their containers may use. */
export const planOptions: Options = (Object.keys(plans) as Plan[]).map((plan) => [plan, `${plan}: ${sizeOf(plan)}`] as const);

/** What each plan gives, smallest first. */
export const planOffers: PlanOffer[] = (Object.keys(plans) as Plan[])
  .sort((a, b) => plans[a].rank - plans[b].rank)
  .map((plan) => ({ plan, size: sizeOf(plan), agents: plans[plan].webLimit, tools: plans[plan].toolProfile }));
