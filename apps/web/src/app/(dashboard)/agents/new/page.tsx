import type { Metadata } from 'next';
import { NewAgentForm } from '../../../../features/agents/new-agent-form.tsx';

export const metadata: Metadata = { title: 'New agent' };

export default function Page() {
  return <NewAgentForm />;
}
