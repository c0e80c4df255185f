import type { Metadata } from 'next';
import { redirect } from 'next/navigation';
import { AccountForm } from '../../features/account/account-form.tsx';
import { isSignedIn } from '../../server/is-signed-in.ts';
import { signInOptions } from '../../server/sign-in-options.ts';

export const metadata: Metadata = { title: 'Create your account' };

export default async function Page() {
  if (await isSignedIn()) redirect('/agents');
  return <AccountForm purpose="signup" options={await signInOptions()} />;
}
