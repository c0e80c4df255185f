import type { Metadata } from 'next';
import { AccountUsage } from '../../../../features/usage/account-usage.tsx';

export const metadata: Metadata = { title: 'Usage' };

export default function Page() {
  return <AccountUsage />;
}
