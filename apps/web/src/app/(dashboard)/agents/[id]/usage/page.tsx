import { msg } from '@lingui/core/macro';
import { AgentUsage } from '../../../../../features/usage/agent-usage.tsx';
import { pageTitle } from '../../../../../server/page-title.ts';

export const generateMetadata = pageTitle(msg`Usage`);

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  return <AgentUsage id={(await params).id} />;
}
