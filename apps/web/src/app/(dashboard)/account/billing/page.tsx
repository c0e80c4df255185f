import type { Metadata } from 'next';
import { Billing } from '../../../../features/account/billing.tsx';

export const metadata: Metadata = { title: 'Plan and billing' };

export default function Page() {
  return <Billing />;
}
