import type { Metadata } from 'next';
import { redirect } from 'next/navigation';
import { AccountForm } from '../../features/account/account-form.tsx';
import { currentUser } from '../../server/session.ts';

export const metadata: Metadata = { title: 'Sign in' };

export default async function Page() {
  if (await currentUser()) redirect('/agents');
  return <AccountForm purpose="signin" />;
}
