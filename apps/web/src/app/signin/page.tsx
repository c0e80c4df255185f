import { msg } from '@lingui/core/macro';
import { redirect } from 'next/navigation';
import { AccountForm } from '../../features/account/account-form.tsx';
import { returnPath } from '../../lib/session/return-path.ts';
import { isSignedIn } from '../../server/is-signed-in.ts';
import { pageTitle } from '../../server/page-title.ts';
import { signInOptions } from '../../server/sign-in-options.ts';

export const generateMetadata = pageTitle(msg`Sign in`);

interface Props {
  searchParams: Promise<{ error?: string; callbackUrl?: string }>;
}

export default async function Page({ searchParams }: Props) {
  const { error, callbackUrl } = await searchParams;
  const next = returnPath(callbackUrl);
  if (await isSignedIn()) redirect(next);
  return <AccountForm purpose="signin" options={await signInOptions()} next={next} refusal={error} />;
}
