import { msg } from '@lingui/core/macro';
import { AccountUsage } from '../../../../features/usage/account-usage.tsx';
import { pageTitle } from '../../../../server/page-title.ts';

export const generateMetadata = pageTitle(msg`Usage`);

export default function Page() {
  return <AccountUsage />;
}
