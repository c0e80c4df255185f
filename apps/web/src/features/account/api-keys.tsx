'use client';

import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { KeyRound } from 'lucide-react';
import { useState } from 'react';
import useSWR from 'swr';
import { Button } from '../../components/ui/button.tsx';
import { Card, PageHeader } from '../../components/ui/card.tsx';
import { ConfirmButton } from '../../components/ui/confirm-button.tsx';
import { CopyButton } from '../../components/ui/copy-button.tsx';
import { EmptyState } from '../../components/ui/empty-state.tsx';
import { Loading } from '../../components/ui/loading.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { RelativeTime } from '../../components/ui/relative-time.tsx';
import { api } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';
import { formatTime } from '../../lib/format.ts';
import { acceptedWithToast } from '../../lib/toast/with-toast.ts';
import { NewKey } from './new-key.tsx';

/** A new key, shown only once. */
function CreatedKey({ secret, backendUrl, onClose }: { secret: string; backendUrl: string; onClose: () => void }) {
  const curl = `curl -H 'Authorization: Bearer ${secret}' ${backendUrl}/api/agents`;
  return (
    <Card
      title={t`Your new key`}
      description={t`The key is shown only once. Store it where only your program can read it.`}
      className="border-accent"
    >
      <div className="space-y-3">
        <code className="wrap-anywhere block rounded-lg bg-hover p-3 font-mono text-xs">{secret}</code>
        <code className="wrap-anywhere block rounded-lg bg-hover p-3 font-mono text-xs">{curl}</code>
        <div className="flex flex-wrap gap-2">
          <CopyButton text={secret} label={t`Copy key`} />
          <CopyButton text={curl} label={t`Copy as curl`} />
          <Button kind="quiet" size="small" onClick={onClose}>
            <Trans>I have stored it</Trans>
          </Button>
        </div>
      </div>
    </Card>
  );
}

/** The account's API keys. @param backendUrl the URL at which programs reach the backend */
export function ApiKeys({ backendUrl }: { backendUrl: string }) {
  const { data, error, mutate } = useSWR('keys', () => api('listApiKeys', {}));
  const [secret, setSecret] = useState<string>();
  const revoke = (id: string) => async () => {
    const accepted = await acceptedWithToast(api('deleteApiKey', { params: { id } }), {
      pending: t`Revoking the key…`,
      success: t`The key is revoked`,
    });
    await mutate();
    return accepted;
  };
  return (
    <>
      <PageHeader
        title={t`API keys`}
        description={t`A key lets a program do what you can do here, within its scopes. You can have up to 10 keys.`}
      />
      <div className="space-y-4">
        {secret && <CreatedKey secret={secret} backendUrl={backendUrl} onClose={() => setSecret(undefined)} />}
        <NewKey
          onCreated={(created) => {
            setSecret(created);
            void mutate();
          }}
        />
        {error && !data && <Problem onRetry={() => mutate()}>{errorMessage(error)}</Problem>}
        {!data && !error && <Loading className="h-20" />}
        {data?.keys.length === 0 && (
          <EmptyState icon={KeyRound} title={t`No keys yet`} description={t`Create a key above for your first program.`} />
        )}
        {data && data.keys.length > 0 && (
          <ul className="divide-y divide-line rounded-xl border border-line bg-surface" aria-label={t`API keys`}>
            {data.keys.map((key) => (
              <li key={key.id} className="flex flex-wrap items-center justify-between gap-3 px-4 py-3 text-sm">
                <div className="min-w-0">
                  <p className="wrap-anywhere font-medium">{key.name}</p>
                  <p className="wrap-anywhere text-muted text-xs">
                    <code className="font-mono">{key.keyPreview}</code> · {key.scopes.join(t`, `)} · {key.agentId ?? t`all agents`}
                  </p>
                  <p className="text-muted text-xs">
                    {key.lastUsed ? (
                      <Trans>
                        used <RelativeTime time={key.lastUsed} />
                      </Trans>
                    ) : (
                      t`never used`
                    )}
                    {key.expiresAt && ` · ${t`expires ${{ time: formatTime(key.expiresAt) }}`}`}
                  </p>
                </div>
                <ConfirmButton
                  size="small"
                  action={t`Revoke`}
                  title={t`Revoke ${key.name}?`}
                  description={t`Programs that use this key are refused from now on.`}
                  confirm={t`Revoke key`}
                  onConfirm={revoke(key.id)}
                />
              </li>
            ))}
          </ul>
        )}
      </div>
    </>
  );
}
