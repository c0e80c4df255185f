import type { Metadata } from 'next';
import { Billing } from '../../../../features/account/billing.tsx';
import { planOffers } from '../../../../server/plan-options.ts';

export const metadata: Metadata = { title: 'Plan and billing' };

export default function Page() {
  return <Billing offers={planOffers} />;
}
