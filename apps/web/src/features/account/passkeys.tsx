'use client';

import type { AccountView, PasskeyView } from '@agentbot/contracts';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import useSWR, { useSWRConfig } from 'swr';
import { Card } from '../../components/ui/card.tsx';
import { ConfirmButton } from '../../components/ui/confirm-button.tsx';
import { Loading } from '../../components/ui/loading.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { RelativeTime } from '../../components/ui/relative-time.tsx';
import { api } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';
import { formatTime } from '../../lib/format.ts';
import { tellAcceptedPasskeys } from '../../lib/passkey.ts';
import { acceptedWithToast } from '../../lib/toast/with-toast.ts';
import { AddPasskey } from './add-passkey.tsx';
import { RenamePasskey } from './rename-passkey.tsx';

function PasskeyRow({
  passkey,
  onChanged,
  onRemoved,
}: { passkey: PasskeyView } & Record<'onChanged' | 'onRemoved', () => Promise<unknown>>) {
  const { id, name, createdAt, lastUsedAt } = passkey;
  async function remove() {
    const removed = await acceptedWithToast(api('removeAccountPasskey', { params: { id } }), {
      pending: t`Removing the passkey…`,
      success: t`The passkey is removed`,
    });
    await onRemoved();
    return removed;
  }
  return (
    <li className="flex flex-wrap items-center justify-between gap-3 py-3 text-sm">
      <div className="min-w-0">
        <p className="wrap-anywhere font-medium">{name}</p>
        <p className="text-muted text-xs">
          {lastUsedAt ? (
            <Trans>
              last used <RelativeTime time={lastUsedAt} />
            </Trans>
          ) : (
            t`never used`
          )}
          {' · '}
          <Trans>created {formatTime(createdAt)}</Trans>
        </p>
      </div>
      <div className="flex flex-wrap gap-2">
        <RenamePasskey passkey={passkey} onRenamed={onChanged} />
        <ConfirmButton
          size="small"
          action={t`Remove`}
          title={t`Remove ${name}?`}
          description={t`It no longer signs in, and the sessions that it began end at once, except this one. Your device or password manager may still show it: remove it there too.`}
          confirm={t`Remove passkey`}
          onConfirm={remove}
        />
      </div>
    </li>
  );
}

/** The passkeys that sign in to the account. */
export function Passkeys({ account }: { account: AccountView }) {
  const { data, error, mutate } = useSWR('account-passkeys', () => api('listAccountPasskeys', {}));
  const { mutate: reload } = useSWRConfig();
  const [added, setAdded] = useState('');
  const reloadAll = async () => {
    const [list] = await Promise.all([mutate(), reload('account'), reload('account-sessions')]);
    return list;
  };
  return (
    <Card
      title={t`Passkeys`}
      description={t`Sign in without the password: with fingerprint, face, PIN or security key.`}
      aside={
        <AddPasskey
          account={account}
          onAdded={async (name) => {
            await reloadAll();
            setAdded(name);
          }}
        />
      }
    >
      {error && !data && <Problem onRetry={() => mutate()}>{errorMessage(error)}</Problem>}
      {!data && !error && <Loading className="h-14" />}
      {data?.passkeys.length === 0 && (
        <p className="text-muted text-sm">
          <Trans>You have no passkey yet.</Trans>
        </p>
      )}
      {data && data.passkeys.length > 0 && (
        <ul aria-label={t`Passkeys`} className="-my-1 divide-y divide-line">
          {data.passkeys.map((passkey) => (
            <PasskeyRow
              key={passkey.id}
              passkey={passkey}
              onChanged={() => mutate()}
              onRemoved={async () => {
                const list = await reloadAll();
                setAdded('');
                if (list) await tellAcceptedPasskeys(list.accepted);
              }}
            />
          ))}
        </ul>
      )}
      <p role="status" className="text-good text-sm">
        {added && t`${added} is added. You can sign in with it now.`}
      </p>
    </Card>
  );
}
