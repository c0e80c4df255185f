import { msg } from '@lingui/core/macro';
import { PlanRequests } from '../../../../features/admin/plan-requests.tsx';
import { pageTitle } from '../../../../server/page-title.ts';

export const generateMetadata = pageTitle(msg`Plan requests`);

export default function Page() {
  return <PlanRequests />;
}
