import type { Metadata } from 'next';
import { NotOffered } from '../../features/account/not-offered.tsx';
import { ForgotPassword } from '../../features/account/password-forms.tsx';
import { signInOptions } from '../../server/sign-in-options.ts';

export const metadata: Metadata = { title: 'Forgot your password?' };

export default async function Page() {
  const { passwordReset, supportContact } = await signInOptions();
  return passwordReset ? (
    <ForgotPassword />
  ) : (
    <NotOffered
      title="Forgot your password?"
      reason="This installation cannot send mail."
      wish="a link to set a new one"
      contact={supportContact}
    />
  );
}
