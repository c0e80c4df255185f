import { msg } from '@lingui/core/macro';
import { Account } from '../../../features/account/account.tsx';
import { pageTitle } from '../../../server/page-title.ts';
import { signInOptions } from '../../../server/sign-in-options.ts';

export const generateMetadata = pageTitle(msg`Account`);

export default async function Page() {
  return <Account mail={(await signInOptions()).passwordReset} />;
}
