import type { Metadata } from 'next';
import { AgentPage } from '../../../../features/agents/agent-page.tsx';

export const metadata: Metadata = { title: 'Agent' };

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  return <AgentPage id={(await params).id} />;
}
