import type { Metadata } from 'next';
import { AgentList } from '../../../features/agents/agent-list.tsx';

export const metadata: Metadata = { title: 'Agents' };

export default function Page() {
  return <AgentList />;
}
