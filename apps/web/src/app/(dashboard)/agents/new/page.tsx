import { msg } from '@lingui/core/macro';
import { PlanNotice } from '../../../../features/account/plan-notice.tsx';
import { NewAgentForm } from '../../../../features/agents/new-agent-form.tsx';
import { pageTitle } from '../../../../server/page-title.ts';

export const generateMetadata = pageTitle(msg`New agent`);

export default function Page() {
  return <NewAgentForm notice={<PlanNotice live />} />;
}
