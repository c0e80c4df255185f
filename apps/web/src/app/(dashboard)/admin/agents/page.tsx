import type { Metadata } from 'next';
import { AllAgents } from '../../../../features/admin/all-agents.tsx';

export const metadata: Metadata = { title: 'All agents' };

export default function Page() {
  return <AllAgents />;
}
