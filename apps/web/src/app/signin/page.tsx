import type { Metadata } from 'next';
import { redirect } from 'next/navigation';
import { AccountForm } from '../../features/account/account-form.tsx';
import { isSignedIn } from '../../server/is-signed-in.ts';
import { signInOptions } from '../../server/sign-in-options.ts';

export const metadata: Metadata = { title: 'Sign in' };

interface Props {
  searchParams: Promise<{ error?: string }>;
}

export default async function Page({ searchParams }: Props) {
  if (await isSignedIn()) redirect('/agents');
  return <AccountForm purpose="signin" options={await signInOptions()} refusal={(await searchParams).error} />;
}
