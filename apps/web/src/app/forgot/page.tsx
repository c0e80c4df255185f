import type { Metadata } from 'next';
import { ForgotPassword, NoPasswordReset } from '../../features/account/password-forms.tsx';
import { signInOptions } from '../../server/sign-in-options.ts';

export const metadata: Metadata = { title: 'Forgot your password?' };

export default async function Page() {
  const { passwordReset, supportContact } = await signInOptions();
  return passwordReset ? <ForgotPassword /> : <NoPasswordReset contact={supportContact} />;
}
