import { msg } from '@lingui/core/macro';
import { PlanNotice } from '../../../features/account/plan-notice.tsx';
import { FirstRun } from '../../../features/admin/first-run.tsx';
import { AgentList } from '../../../features/agents/agent-list.tsx';
import { pageTitle } from '../../../server/page-title.ts';
import { readBackend } from '../../../server/read-backend.ts';
import { currentUser } from '../../../server/session.ts';

export const generateMetadata = pageTitle(msg`Agents`);

export default async function Page({ searchParams }: { searchParams: Promise<Record<string, string | string[] | undefined>> }) {
  const { checkout, ...given } = await searchParams;
  const query = new URLSearchParams(Object.entries(given).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])));
  const user = await currentUser();
  const known = user && (await readBackend('listOverview', user));
  const result = checkout === 'done' || checkout === 'cancelled' ? checkout : undefined;
  return <AgentList initial={known?.agents} query={query.toString()} notice={<PlanNotice checkout={result} />} firstRun={<FirstRun />} />;
}
