import type { Metadata } from 'next';
import { Wallets } from '../../../../features/wallets/wallets.tsx';

export const metadata: Metadata = { title: 'Wallets' };

export default function Page() {
  return <Wallets />;
}
