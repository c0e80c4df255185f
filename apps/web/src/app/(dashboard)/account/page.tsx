import type { Metadata } from 'next';
import { Account } from '../../../features/account/account.tsx';
import { signInOptions } from '../../../server/sign-in-options.ts';

export const metadata: Metadata = { title: 'Account' };

export default async function Page() {
  return <Account mail={(await signInOptions()).passwordReset} />;
}
