import { type Plan, planForTier, plans, type Tier } from '@agentbot/contracts';
import { formatBytes } from '../lib/format.ts';
import type { Options } from '../lib/options.ts';
import type { PlanOffer } from '../lib/plans.ts';

/** Memory and CPUs of a plan's container: `2 GiB memory, 1 CPU`. */
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
/** The sizes of a new agent. The account's plan caps them. */
export const tierOptions: Options = names.map(
  ([tier, name]) => [tier, `${name}: ${sizeOf(planForTier(tier || undefined, null))}`] as const,
);

/** The plans of an existing agent, with their sizes. */
export const planOptions: Options = (Object.keys(plans) as Plan[]).map((plan) => [plan, `${plan}: ${sizeOf(plan)}`] as const);

/** What each plan includes, smallest plan first. */
export const planOffers: PlanOffer[] = (Object.keys(plans) as Plan[])
  .sort((a, b) => plans[a].rank - plans[b].rank)
  .map((plan) => ({ plan, size: sizeOf(plan), agents: plans[plan].webLimit, tools: plans[plan].toolProfile }));
