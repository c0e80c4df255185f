'use client';

import type { AccountView } from '@agentbot/contracts';
import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type FormEvent, useState } from 'react';
import { Button } from '../../components/ui/button.tsx';
import { Card } from '../../components/ui/card.tsx';
import { Dialog } from '../../components/ui/dialog.tsx';
import { Field } from '../../components/ui/field.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { api } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';
import { useMe } from '../../lib/hooks/use-me.ts';
import { signOut } from '../../lib/session/sign-out.ts';

/** Deletes the account with all its agents. */
export function DeleteAccount({ account }: { account: AccountView }) {
  const { data: me } = useMe();
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const count = me?.agentCount;
  const deleted =
    count === 0
      ? t`Your account is deleted permanently.`
      : count === undefined
        ? t`Your account and its agents, with data, conversations and backups, are deleted permanently.`
        : t`Your account and ${plural(count, { one: 'its agent', other: 'its # agents' })}, with data, conversations and backups, are deleted permanently.`;

  async function remove(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const typed = String(new FormData(event.currentTarget).get('typed') ?? '');
    setBusy(true);
    setProblem('');
    try {
      await api('deleteAccount', { body: account.hasPassword ? { password: typed } : { email: typed } });
      await signOut();
    } catch (error) {
      setProblem(errorMessage(error));
      setBusy(false);
    }
  }
  return (
    <Card title={t`Delete account`} description={t`Deletes the account and all its agents permanently.`} className="border-danger/50">
      <Button
        kind="danger"
        onClick={() => {
          setProblem('');
          setOpen(true);
        }}
      >
        <Trans>Delete account</Trans>
      </Button>
      <Dialog
        open={open}
        onOpenChange={setOpen}
        title={t`Delete your account?`}
        description={t`${deleted} API keys stop working at once. The audit log and the costs stay, without your name and email; the log keeps the IP addresses and browsers of requests.`}
      >
        <form method="post" onSubmit={remove} className="space-y-4">
          <Field
            name="typed"
            required
            {...(account.hasPassword
              ? { label: t`Your password`, type: 'password', autoComplete: 'current-password' }
              : { label: t`Type ${account.email}`, type: 'text', autoComplete: 'off' })}
          />
          <Problem>{problem}</Problem>
          <div className="flex flex-wrap justify-end gap-2">
            <Button kind="plain" onClick={() => setOpen(false)}>
              <Trans>Go back</Trans>
            </Button>
            <Button type="submit" kind="danger" busy={busy}>
              <Trans>Delete forever</Trans>
            </Button>
          </div>
        </form>
      </Dialog>
    </Card>
  );
}
