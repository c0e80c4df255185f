'use client';

import type { AccountView } from '@agentbot/contracts';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { CircleAlert, CircleCheck } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { useSWRConfig } from 'swr';
import { Button } from '../../components/ui/button.tsx';
import { Card, DescriptionList } from '../../components/ui/card.tsx';
import { Field } from '../../components/ui/field.tsx';
import { api } from '../../lib/api/client.ts';
import { formatTime } from '../../lib/format.ts';
import { withToast } from '../../lib/toast/with-toast.ts';

const providerNames = { github: 'GitHub', google: 'Google' };

/** The state of proof of the email, and how to prove it. */
function EmailProof({ verifiedAt, mail }: { verifiedAt: string | null; mail: boolean }) {
  if (verifiedAt) {
    return (
      <span className="flex items-center gap-1.5 text-good text-xs">
        <CircleCheck aria-hidden className="size-4 shrink-0" /> <Trans>Verified on {formatTime(verifiedAt)}</Trans>
      </span>
    );
  }
  return (
    <span className="flex items-start gap-1.5 text-muted text-xs">
      <CircleAlert aria-hidden className="size-4 shrink-0 text-warn" />
      <span>
        {mail ? (
          <Trans>Not verified. To verify it, sign out and choose “Forgot your password?”: the mailed link verifies the address.</Trans>
        ) : (
          <Trans>Not verified. This installation cannot send mail, so it cannot verify the address.</Trans>
        )}
      </span>
    </span>
  );
}

interface Props {
  account: AccountView;
  mail: boolean;
  onChanged: () => void;
}

/** Name and email of the account. */
export function Profile({ account, mail, onChanged }: Props) {
  const { mutate } = useSWRConfig();
  const [name, setName] = useState(account.name ?? '');
  const [busy, setBusy] = useState(false);
  const trimmed = name.trim();

  async function save(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    const saved = await withToast(api('updateAccount', { body: { name: trimmed || null } }), {
      pending: t`Saving the name…`,
      success: t`The name is saved`,
    });
    setBusy(false);
    if (!saved) return;
    onChanged();
    await mutate('me');
  }
  const signsInWith = [
    account.hasPassword && t`password`,
    account.hasPasskey && t`passkey`,
    ...account.providers.map((provider) => (provider === 'oidc' ? t`single sign-on` : providerNames[provider])),
  ];
  return (
    <Card title={t`Profile`}>
      <DescriptionList
        rows={[
          [
            t`Email`,
            <div key="email" className="space-y-1">
              <p>{account.email}</p>
              <EmailProof verifiedAt={account.emailVerifiedAt} mail={mail} />
            </div>,
          ],
          [t`Signs in with`, signsInWith.filter(Boolean).join(t`, `)],
          [t`Role`, account.admin ? t`administrator` : t`user`],
          [t`Since`, formatTime(account.createdAt)],
        ]}
      />
      <form onSubmit={save} className="mt-4 flex flex-wrap items-end gap-2">
        <div className="min-w-48 flex-1">
          <Field label={t`Name`} value={name} maxLength={100} autoComplete="name" onChange={(event) => setName(event.target.value)} />
        </div>
        <Button type="submit" kind="plain" busy={busy} disabled={trimmed === (account.name ?? '')}>
          <Trans>Save name</Trans>
        </Button>
      </form>
    </Card>
  );
}
