import { msg } from '@lingui/core/macro';
import { redirect } from 'next/navigation';
import { AccountForm } from '../../features/account/account-form.tsx';
import { NotOffered } from '../../features/account/not-offered.tsx';
import { returnPath } from '../../lib/session/return-path.ts';
import { isSignedIn } from '../../server/is-signed-in.ts';
import { pageTitle } from '../../server/page-title.ts';
import { signInOptions } from '../../server/sign-in-options.ts';

export const generateMetadata = pageTitle(msg`Create your account`);

interface Props {
  searchParams: Promise<{ callbackUrl?: string }>;
}

export default async function Page({ searchParams }: Props) {
  const next = returnPath((await searchParams).callbackUrl);
  if (await isSignedIn()) redirect(next);
  const options = await signInOptions();
  return options.signUp ? (
    <AccountForm purpose="signup" options={options} next={next} />
  ) : (
    <NotOffered
      title={msg`Sign-up is closed`}
      reason={msg`Accounts at this installation are opened by its administrator.`}
      wish="account"
      contact={options.supportContact}
      next={next}
    />
  );
}
