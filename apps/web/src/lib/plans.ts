import type { Plan, Price } from '@agentbot/contracts';

/** What one plan includes, as the billing page shows it. */
export interface PlanOffer {
  plan: Plan;
  /** Memory and CPUs of one container. */
  size: string;
  /** The most agents that an account on this plan may have. */
  agents: number;
  /** The tool profile of its agents. */
  tools: string;
}

/** Formats a price: `$19.50 per month`. */
export function formatPrice({ amount, currency, interval, intervalCount }: Price): string {
  const style = { style: 'currency', currency, maximumFractionDigits: 3, trailingZeroDisplay: 'stripIfInteger' } as const;
  const sum = new Intl.NumberFormat('en', style).format(amount);
  return `${sum} per ${intervalCount === 1 ? interval : `${intervalCount} ${interval}s`}`;
}

/** A plan's name as a person reads it: `Solo`. */
export const planName = (plan: Plan) => plan.charAt(0).toUpperCase() + plan.slice(1);
