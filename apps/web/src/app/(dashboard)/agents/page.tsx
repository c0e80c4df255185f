import type { Metadata } from 'next';
import { PlanNotice } from '../../../features/account/plan-notice.tsx';
import { FirstRun } from '../../../features/admin/first-run.tsx';
import { AgentList } from '../../../features/agents/agent-list.tsx';
import { readBackend } from '../../../server/read-backend.ts';
import { currentUser } from '../../../server/session.ts';

export const metadata: Metadata = { title: 'Agents' };

export default async function Page({ searchParams }: { searchParams: Promise<{ checkout?: string }> }) {
  const { checkout } = await searchParams;
  const user = await currentUser();
  const known = user && (await readBackend('listOverview', user));
  const result = checkout === 'done' || checkout === 'cancelled' ? checkout : undefined;
  return <AgentList initial={known?.agents} notice={<PlanNotice checkout={result} />} firstRun={<FirstRun />} />;
}
