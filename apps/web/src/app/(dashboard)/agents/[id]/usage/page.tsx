import type { Metadata } from 'next';
import { AgentUsage } from '../../../../../features/usage/agent-usage.tsx';

export const metadata: Metadata = { title: 'Usage' };

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  return <AgentUsage id={(await params).id} />;
}
