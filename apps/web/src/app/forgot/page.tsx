import { msg } from '@lingui/core/macro';
import { NotOffered } from '../../features/account/not-offered.tsx';
import { ForgotPassword } from '../../features/account/password-forms.tsx';
import { pageTitle } from '../../server/page-title.ts';
import { signInOptions } from '../../server/sign-in-options.ts';

export const generateMetadata = pageTitle(msg`Forgot your password?`);

export default async function Page() {
  const { passwordReset, supportContact } = await signInOptions();
  return passwordReset ? (
    <ForgotPassword />
  ) : (
    <NotOffered title={msg`Forgot your password?`} reason={msg`This installation cannot send mail.`} wish="link" contact={supportContact} />
  );
}
