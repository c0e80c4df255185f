import type { Metadata } from 'next';
import { redirect } from 'next/navigation';
import { AccountForm } from '../../features/account/account-form.tsx';
import { returnPath } from '../../lib/session/return-path.ts';
import { isSignedIn } from '../../server/is-signed-in.ts';
import { signInOptions } from '../../server/sign-in-options.ts';

export const metadata: Metadata = { title: 'Create your account' };

interface Props {
  searchParams: Promise<{ callbackUrl?: string }>;
}

export default async function Page({ searchParams }: Props) {
  const next = returnPath((await searchParams).callbackUrl);
  if (await isSignedIn()) redirect(next);
  return <AccountForm purpose="signup" options={await signInOptions()} next={next} />;
}
