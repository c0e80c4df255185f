import type { Me, Plan, Price } from '@agentbot/contracts';
import type { Output } from '@agentbot/contracts/client';
import { plural, t } from '@lingui/core/macro';
import { formatBytes } from './format.ts';
import { locale } from './language/texts.ts';
import type { Options } from './options.ts';

/** A plan: what it includes, what one agent gets on this host, and its price. Lists have the smallest plan first. */
export type PlanOffer = Output<'listPlans', 'web'>['plans'][number];

/** Memory and CPUs of one agent: `2 GiB memory, 1 CPU`. */
export const planSize = ({ memoryBytes, cpus }: Pick<PlanOffer, 'memoryBytes' | 'cpus'>) =>
  t`${{ memory: formatBytes(memoryBytes) }} memory, ${plural(cpus, { one: '# CPU', other: '# CPUs' })}`;

/** The number of agents of a plan: `3 agents`. */
export const planAgents = ({ agents }: Pick<PlanOffer, 'agents'>) => plural(agents, { one: '# agent', other: '# agents' });

/** The plans that an account's own plan covers; all of them for an administrator. */
export function coveredPlans(offers: readonly PlanOffer[], me: Pick<Me, 'plan' | 'admin'>): readonly PlanOffer[] {
  if (me.admin || !me.plan) return offers;
  return offers.slice(0, offers.findIndex(({ plan }) => plan === me.plan) + 1);
}

/** The plan of an account's new agent: the account's own, else the smallest. */
export const defaultPlan = (offers: readonly PlanOffer[], me: Pick<Me, 'plan'>): Plan | undefined => me.plan ?? offers[0]?.plan;

/** Plans as the choices of a select: `Solo: 1 agent, 2 GiB memory, 1 CPU, $19 per month`. */
export const planOptions = (offers: readonly PlanOffer[]): Options =>
  offers.map((offer) => {
    const facts = [planAgents(offer), planSize(offer), offer.price && formatPrice(offer.price)];
    return [offer.plan, t`${{ plan: planName(offer.plan) }}: ${{ facts: facts.filter(Boolean).join(t`, `) }}`] as const;
  });

const intervals: Record<string, (sum: string, count: number) => string> = {
  day: (sum, count) => t`${sum} per ${plural(count, { one: 'day', other: '# days' })}`,
  week: (sum, count) => t`${sum} per ${plural(count, { one: 'week', other: '# weeks' })}`,
  month: (sum, count) => t`${sum} per ${plural(count, { one: 'month', other: '# months' })}`,
  year: (sum, count) => t`${sum} per ${plural(count, { one: 'year', other: '# years' })}`,
};

/** Formats a price: `$19.50 per month`. */
export function formatPrice({ amount, currency, interval, intervalCount }: Price): string {
  const style = { style: 'currency', currency, maximumFractionDigits: 3, trailingZeroDisplay: 'stripIfInteger' } as const;
  const sum = new Intl.NumberFormat(locale(), style).format(amount);
  return intervals[interval]?.(sum, intervalCount) ?? sum;
}

/** A plan's name as a person reads it: `Solo`. */
export const planName = (plan: Plan) => plan.charAt(0).toUpperCase() + plan.slice(1);
