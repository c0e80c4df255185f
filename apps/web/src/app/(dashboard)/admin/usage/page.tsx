import type { Metadata } from 'next';
import { TopSpenders } from '../../../../features/usage/top-spenders.tsx';

export const metadata: Metadata = { title: 'Top spenders' };

export default function Page() {
  return <TopSpenders />;
}
