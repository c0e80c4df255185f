'use client';

import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type FormEvent, useState } from 'react';
import { Button } from '../../components/ui/button.tsx';
import { Dialog } from '../../components/ui/dialog.tsx';
import { Field } from '../../components/ui/field.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { api } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';
import { PasswordLink } from './manage-user.tsx';

/** The result of adding a user. `url` is null when the link was mailed. */
interface Added {
  email: string;
  url: string | null;
  expiresAt: string;
}

/** A button that opens a form to open an account for somebody. @param mail whether the installation can send mail */
export function AddUser({ mail, onAdded }: { mail: boolean; onAdded: () => Promise<unknown> }) {
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const [added, setAdded] = useState<Added>();

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const [email = '', name = ''] = ['email', 'name'].map((key) => String(form.get(key) ?? '').trim());
    setBusy(true);
    setProblem('');
    try {
      setAdded(await api('createUser', { body: { email, ...(name && { name }) } }));
      await onAdded();
    } catch (error) {
      setProblem(errorMessage(error));
    }
    setBusy(false);
  }
  function change(isOpen: boolean) {
    setOpen(isOpen);
    setAdded(undefined);
    setProblem('');
  }
  return (
    <>
      <Button kind="plain" onClick={() => change(true)}>
        <Trans>Add user</Trans>
      </Button>
      <Dialog
        open={open}
        onOpenChange={change}
        title={added ? t`${added.email} has an account` : t`Add user`}
        description={
          added
            ? added.url
              ? t`Give this link to the user, who sets the password with it. It is shown only once.`
              : t`A mail with a link to set the password is on its way. The link is valid for a week.`
            : mail
              ? t`Agentbot mails a link with which the user sets a password.`
              : t`You get a link with which the user sets a password. This installation cannot send mail.`
        }
      >
        {added ? (
          added.url && <PasswordLink url={added.url} expiresAt={added.expiresAt} />
        ) : (
          <form onSubmit={submit} className="space-y-4">
            <Field label={t`Email`} name="email" type="email" autoComplete="off" required />
            <Field label={t`Name`} name="name" autoComplete="off" hint={t`Optional`} maxLength={100} />
            <Problem>{problem}</Problem>
            <Button type="submit" busy={busy}>
              <Trans>Open account</Trans>
            </Button>
          </form>
        )}
      </Dialog>
    </>
  );
}
