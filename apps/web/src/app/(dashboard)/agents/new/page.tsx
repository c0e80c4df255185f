import type { Metadata } from 'next';
import { PlanNotice } from '../../../../features/account/plan-notice.tsx';
import { NewAgentForm } from '../../../../features/agents/new-agent-form.tsx';

export const metadata: Metadata = { title: 'New agent' };

export default function Page() {
  return <NewAgentForm notice={<PlanNotice live />} />;
}
