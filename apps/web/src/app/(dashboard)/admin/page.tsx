import { msg } from '@lingui/core/macro';
import { Health } from '../../../features/admin/health.tsx';
import { SetupChecklist } from '../../../features/admin/setup-checklist.tsx';
import { pageTitle } from '../../../server/page-title.ts';

export const generateMetadata = pageTitle(msg`Health`);

export default function Page() {
  return <Health checklist={<SetupChecklist />} />;
}
