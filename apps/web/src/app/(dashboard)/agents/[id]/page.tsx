import { AgentPage } from '../../../../features/agents/agent-page.tsx';

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  return <AgentPage id={(await params).id} />;
}
