import type { Metadata } from 'next';
import { Overview } from '../../../../features/agent/overview.tsx';

export const metadata: Metadata = { title: 'Agent' };

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  return <Overview id={(await params).id} />;
}
