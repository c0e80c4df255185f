import type { Metadata } from 'next';
import { Health } from '../../../features/admin/health.tsx';

export const metadata: Metadata = { title: 'Health' };

export default function Page() {
  return <Health />;
}
