import type { Price } from '@agentbot/contracts';
import useSWR from 'swr';
import { api } from '../api/client.ts';

/** The plans and what they cost; nothing is asked while that is not `wanted`. */
export const usePlans = (wanted = true) => useSWR(wanted && 'plans', () => api('listPlans', {}), { revalidateOnFocus: false });

/** A price as one says it: `$19.50 per month`. */
export function priceText({ amount, currency, interval, intervalCount }: Price): string {
  const style = { style: 'currency', currency, maximumFractionDigits: 3, trailingZeroDisplay: 'stripIfInteger' } as const;
  const sum = new Intl.NumberFormat('en', style).format(amount);
  return `${sum} per ${intervalCount === 1 ? interval : `${intervalCount} ${interval}s`}`;
}
