import type { Metadata } from 'next';
import { NewAgentForm } from '../../../../features/agents/new-agent-form.tsx';
import { tierOptions } from '../../../../server/plan-options.ts';

export const metadata: Metadata = { title: 'New agent' };

export default function Page() {
  return <NewAgentForm tiers={tierOptions} />;
}
