'use client';

import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { KeyRound } from 'lucide-react';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { signIn } from 'next-auth/react';
import { type FormEvent, useState } from 'react';
import { LanguageChoice } from '../../components/language-choice.tsx';
import { Button } from '../../components/ui/button.tsx';
import { Field } from '../../components/ui/field.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { api } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';
import { useHydrated } from '../../lib/hooks/use-hydrated.ts';
import { withReturnPath } from '../../lib/session/return-path.ts';
import { signInErrorMessage } from '../../lib/session/sign-in-errors.ts';
import type { SignInOptions } from '../../lib/session/sign-in-options.ts';
import { AskAdministrator } from './ask-administrator.tsx';
import { usePasskeySignIn } from './use-passkey-sign-in.ts';

/** The name of a provider whose operator gives it none. */
const UNNAMED = 'single sign-on';

interface Props {
  purpose: 'signup' | 'signin';
  options: SignInOptions;
  /** The page to open after the sign-in: a path of the dashboard. */
  next: string;
  /** The code of a failed sign-in at a provider. */
  refusal?: string | undefined;
}

/** The form to sign in or to create an account. */
export function AccountForm({ purpose, options, next, refusal }: Props) {
  const router = useRouter();
  const hydrated = useHydrated();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(refusal ? signInErrorMessage(refusal) : '');
  const signingUp = purpose === 'signup';

  /** Runs a sign-in. Success opens the next page, failure shows the error. @returns whether the user is signed in */
  async function attempt(enter: () => Promise<void>): Promise<boolean> {
    setBusy(true);
    setProblem('');
    try {
      await enter();
      router.push(next);
      router.refresh();
      return true;
    } catch (error) {
      setProblem(errorMessage(error));
      setBusy(false);
      return false;
    }
  }
  const openPasskeys = usePasskeySignIn(!signingUp, attempt);

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const [email, password, name] = ['email', 'password', 'name'].map((key) => String(form.get(key) ?? ''));
    return attempt(async () => {
      if (signingUp) await api('register', { body: { email: email ?? '', password: password ?? '', ...(name && { name }) } });
      const result = await signIn('credentials', { email, password, redirect: false });
      if (result?.error) throw new Error(signInErrorMessage(result.error));
    });
  }

  return (
    <main className="mx-auto flex min-h-dvh max-w-sm flex-col justify-center px-4 py-10">
      <p className="mb-2 font-semibold text-accent">Agentbot</p>
      <h1 className="mb-6 font-semibold text-2xl">{signingUp ? t`Create your account` : t`Welcome back`}</h1>
      <form method="post" onSubmit={submit} className="space-y-4 rounded-xl border border-line bg-surface p-5">
        {signingUp && <Field label={t`Name`} name="name" autoComplete="name" hint={t`Optional`} maxLength={100} />}
        <Field label={t`Email`} name="email" type="email" autoComplete={signingUp ? 'email' : 'username webauthn'} required />
        <Field
          label={t`Password`}
          name="password"
          type="password"
          autoComplete={signingUp ? 'new-password' : 'current-password'}
          required
          minLength={signingUp ? 8 : undefined}
          {...(signingUp && { hint: t`At least 8 characters` })}
        />
        <Problem>{problem}</Problem>
        <Button type="submit" className="w-full" disabled={busy || !hydrated}>
          {busy ? t`Please wait…` : signingUp ? t`Create account` : t`Sign in`}
        </Button>
        {!signingUp && (
          <Button type="button" kind="plain" className="w-full" disabled={busy || !hydrated} onClick={openPasskeys}>
            <KeyRound aria-hidden className="size-4" /> <Trans>Sign in with a passkey</Trans>
          </Button>
        )}
        {options.providers.map(({ id, name }) => (
          <Button
            key={id}
            type="button"
            kind="plain"
            className="w-full"
            disabled={!hydrated}
            onClick={() => signIn(id, { callbackUrl: next })}
          >
            {name === UNNAMED ? t`Continue with single sign-on` : t`Continue with ${name}`}
          </Button>
        ))}
      </form>
      {!signingUp && (
        <div className="mt-4 text-sm">
          {options.passwordReset ? (
            <Link className="text-accent underline" href="/forgot">
              <Trans>Forgot your password?</Trans>
            </Link>
          ) : (
            <p className="text-muted">
              <Trans>Forgot your password?</Trans> <AskAdministrator wish="link" contact={options.supportContact} />
            </p>
          )}
        </div>
      )}
      {(signingUp || options.signUp) && (
        <p className="mt-4 text-muted text-sm">
          {signingUp ? t`Already have an account?` : t`New here?`}{' '}
          <Link className="text-accent underline" href={withReturnPath(signingUp ? '/signin' : '/signup', next)}>
            {signingUp ? t`Sign in` : t`Create an account`}
          </Link>
        </p>
      )}
      <LanguageChoice className="mt-6 self-start" />
    </main>
  );
}
