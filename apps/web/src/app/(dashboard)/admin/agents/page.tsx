import { msg } from '@lingui/core/macro';
import { AllAgents } from '../../../../features/admin/all-agents.tsx';
import { pageTitle } from '../../../../server/page-title.ts';

export const generateMetadata = pageTitle(msg`All agents`);

export default function Page() {
  return <AllAgents />;
}
