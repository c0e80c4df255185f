'use client';

import type { AccountView } from '@agentbot/contracts';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type FormEvent, useRef, useState } from 'react';
import { useSWRConfig } from 'swr';
import { Button } from '../../components/ui/button.tsx';
import { Card } from '../../components/ui/card.tsx';
import { Field } from '../../components/ui/field.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { api } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';
import { signOutIfUnauthorized } from '../../lib/session/sign-out.ts';

/** Changes the password. An account that signs in with a provider has none. */
export function ChangePassword({ account }: { account: AccountView }) {
  const { mutate } = useSWRConfig();
  const form = useRef<HTMLFormElement>(null);
  const [state, setState] = useState<'open' | 'busy' | 'done'>('open');
  const [problem, setProblem] = useState('');
  if (!account.hasPassword) return null;

  async function change(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const values = new FormData(event.currentTarget);
    const [currentPassword, password] = ['current', 'new'].map((name) => String(values.get(name) ?? ''));
    setState('busy');
    setProblem('');
    try {
      await api('updateAccount', { body: { currentPassword, password } });
      form.current?.reset();
      setState('done');
      await mutate('account-sessions');
    } catch (error) {
      setState('open');
      if (!signOutIfUnauthorized(error)) setProblem(errorMessage(error));
    }
  }
  return (
    <Card title={t`Password`} description={t`A new password signs you out everywhere but here. API keys and passkeys stay valid.`}>
      <form ref={form} method="post" onSubmit={change} className="space-y-4">
        {/* Password managers look for the account's name in the form. */}
        <input type="text" name="username" autoComplete="username" defaultValue={account.email} readOnly hidden />
        <Field label={t`Current password`} name="current" type="password" autoComplete="current-password" required />
        <Field
          label={t`New password`}
          name="new"
          type="password"
          autoComplete="new-password"
          required
          minLength={8}
          hint={t`At least 8 characters`}
        />
        <Problem>{problem}</Problem>
        <div className="flex flex-wrap items-center gap-3">
          <Button type="submit" kind="plain" busy={state === 'busy'}>
            <Trans>Change password</Trans>
          </Button>
          <p role="status" className="text-good text-sm">
            {state === 'done' && t`The password is changed. Your other sessions have ended.`}
          </p>
        </div>
      </form>
    </Card>
  );
}
