'use client';

import type { AccountView } from '@agentbot/contracts';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type FormEvent, useState } from 'react';
import { Button } from '../../components/ui/button.tsx';
import { Dialog } from '../../components/ui/dialog.tsx';
import { Field } from '../../components/ui/field.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { api } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';
import { passkey, requirePasskeys } from '../../lib/passkey.ts';
import { signOutIfUnauthorized } from '../../lib/session/sign-out.ts';
import { browserName } from './browser-name.ts';

interface Props {
  account: AccountView;
  /** @param name the new passkey's */
  onAdded: (name: string) => Promise<unknown>;
}

/** A button that adds a passkey: the owner confirms that the account is theirs, then the browser creates the passkey. */
export function AddPasskey({ account, onAdded }: Props) {
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');

  async function add(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const [typed, name] = ['typed', 'passkey-name'].map((key) => String(form.get(key) ?? ''));
    setBusy(true);
    setProblem('');
    try {
      const confirmation = account.hasPassword ? { password: typed } : { email: typed };
      await requirePasskeys();
      const { options } = await api('challengeAccountPasskey', { body: confirmation });
      const credential = await passkey('create', options, 'account');
      const added = await api('addAccountPasskey', { body: { name: name ?? '', credential } });
      await onAdded(added.name);
      setOpen(false);
    } catch (error) {
      if (!signOutIfUnauthorized(error)) setProblem(errorMessage(error));
    }
    setBusy(false);
  }
  return (
    <>
      <Button
        kind="plain"
        onClick={() => {
          setProblem('');
          setOpen(true);
        }}
      >
        <Trans>Add a passkey</Trans>
      </Button>
      <Dialog
        open={open}
        onOpenChange={setOpen}
        title={t`Add a passkey`}
        description={t`Your browser then asks where to keep it: on this device, in a password manager, on a phone or on a security key.`}
      >
        <form method="post" onSubmit={add} className="space-y-4">
          {/* Password managers look for the account's name in the form. */}
          <input type="text" name="username" autoComplete="username" defaultValue={account.email} readOnly hidden />
          <Field
            label={t`Name`}
            name="passkey-name"
            required
            maxLength={100}
            autoComplete="off"
            defaultValue={browserName(navigator.userAgent)}
            hint={t`So that you recognise it in the list`}
          />
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
            <Button type="submit" busy={busy}>
              <Trans>Create passkey</Trans>
            </Button>
          </div>
        </form>
      </Dialog>
    </>
  );
}
