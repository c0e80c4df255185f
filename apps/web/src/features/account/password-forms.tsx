'use client';

import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import Link from 'next/link';
import { type FormEvent, type ReactNode, useState } from 'react';
import { LanguageChoice } from '../../components/language-choice.tsx';
import { Button } from '../../components/ui/button.tsx';
import { Field } from '../../components/ui/field.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { api } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';
import { useHydrated } from '../../lib/hooks/use-hydrated.ts';

interface Props {
  title: string;
  action: string;
  field: ReactNode;
  /** @param value of the first field */
  send: (value: string, form: FormData) => Promise<unknown>;
  done: string;
}

function OneFieldForm({ title, action, field, send, done }: Props) {
  const hydrated = useHydrated();
  const [state, setState] = useState<'open' | 'busy' | 'done'>('open');
  const [problem, setProblem] = useState('');

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const [value] = form.values();
    setState('busy');
    setProblem('');
    try {
      await send(String(value ?? ''), form);
      setState('done');
    } catch (error) {
      setProblem(errorMessage(error));
      setState('open');
    }
  }

  return (
    <main className="mx-auto flex min-h-dvh max-w-sm flex-col justify-center px-4 py-10">
      <p className="mb-2 font-semibold text-accent">Agentbot</p>
      <h1 className="mb-6 font-semibold text-2xl">{title}</h1>
      <form method="post" onSubmit={submit} className="space-y-4 rounded-xl border border-line bg-surface p-5">
        {state === 'done' ? (
          <p role="status">{done}</p>
        ) : (
          <>
            {field}
            <Problem>{problem}</Problem>
            <Button type="submit" className="w-full" disabled={state === 'busy' || !hydrated}>
              {state === 'busy' ? t`Please wait…` : action}
            </Button>
          </>
        )}
      </form>
      <p className="mt-4 text-sm">
        <Link className="text-accent underline" href="/signin">
          <Trans>Sign in</Trans>
        </Link>
      </p>
      <LanguageChoice className="mt-6 self-start" />
    </main>
  );
}

/** Requests a mail with a link to set a new password. */
export function ForgotPassword() {
  return (
    <OneFieldForm
      title={t`Forgot your password?`}
      action={t`Send me a link`}
      field={<Field label={t`Email`} name="email" type="email" autoComplete="email" required />}
      send={(email) => api('requestPasswordReset', { body: { email } })}
      done={t`If an account has this email, it receives a link to set a new password. The link is valid for 1 hour.`}
    />
  );
}

/** Sets a new password with the token of the mailed link. */
export function ResetPassword({ token }: { token: string }) {
  return (
    <OneFieldForm
      title={t`Set a new password`}
      action={t`Set password`}
      field={
        <>
          <Field
            label={t`New password`}
            name="password"
            type="password"
            autoComplete="new-password"
            required
            minLength={8}
            hint={t`At least 8 characters`}
          />
          <label className="flex items-start gap-2 text-sm">
            <input type="checkbox" name="revokeKeys" className="mt-1" />
            <Trans>Also revoke my API keys. Choose this if someone else may have had access to your account.</Trans>
          </label>
          <label className="flex items-start gap-2 text-sm">
            <input type="checkbox" name="removePasskeys" className="mt-1" />
            <Trans>Also remove my passkeys, for the same reason. You can add new ones afterwards.</Trans>
          </label>
        </>
      }
      send={(password, form) =>
        api('resetPassword', { body: { token, password, revokeKeys: form.has('revokeKeys'), removePasskeys: form.has('removePasskeys') } })
      }
      done={t`Your new password is set. All sessions have ended. You can sign in now.`}
    />
  );
}
