import { msg } from '@lingui/core/macro';
import { Users } from '../../../../features/admin/users.tsx';
import { pageTitle } from '../../../../server/page-title.ts';
import { signInOptions } from '../../../../server/sign-in-options.ts';

export const generateMetadata = pageTitle(msg`Users`);

export default async function Page() {
  return <Users mail={(await signInOptions()).passwordReset} />;
}
