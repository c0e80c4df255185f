import type { Metadata } from 'next';
import { ForgotPassword } from '../../features/account/password-forms.tsx';

export const metadata: Metadata = { title: 'Forgot your password?' };

export default function Page() {
  return <ForgotPassword />;
}
