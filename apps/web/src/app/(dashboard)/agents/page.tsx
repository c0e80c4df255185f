import type { Metadata } from 'next';
import { AgentList } from '../../../features/agents/agent-list.tsx';
import { readBackend } from '../../../server/read-backend.ts';
import { currentUser } from '../../../server/session.ts';

export const metadata: Metadata = { title: 'Agents' };

export default async function Page({ searchParams }: { searchParams: Promise<{ checkout?: string }> }) {
  const { checkout } = await searchParams;
  const user = await currentUser();
  const known = user && (await readBackend('listOverview', user));
  return <AgentList initial={known?.agents} checkout={checkout === 'done' || checkout === 'cancelled' ? checkout : undefined} />;
}
