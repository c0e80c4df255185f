import { msg } from '@lingui/core/macro';
import { Billing } from '../../../../features/account/billing.tsx';
import { pageTitle } from '../../../../server/page-title.ts';

export const generateMetadata = pageTitle(msg`Plan and billing`);

export default function Page() {
  return <Billing />;
}
