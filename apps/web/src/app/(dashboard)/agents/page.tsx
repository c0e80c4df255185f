import { AgentList } from '../../../features/agents/agent-list.tsx';

export default function Page() {
  return <AgentList />;
}
