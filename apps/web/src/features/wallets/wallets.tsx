'use client';

import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import useSWR from 'swr';
import { Card, PageHeader } from '../../components/ui/card.tsx';
import { ConfirmButton } from '../../components/ui/confirm-button.tsx';
import { Loading } from '../../components/ui/loading.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { RelativeTime } from '../../components/ui/relative-time.tsx';
import { SignatureSteps } from '../../components/wallet/signature-steps.tsx';
import { api } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';
import { acceptedWithToast, withToast } from '../../lib/toast/with-toast.ts';

/** The wallets that are linked to the account, and the way to link one. */
export function Wallets() {
  const { data, error, mutate } = useSWR('wallets', () => api('listWallets', {}));
  const challenge = async (address: string) =>
    (
      await withToast(api('createWalletChallenge', { body: { address } }), {
        pending: t`Requesting the message…`,
        success: t`Sign the message within 10 minutes`,
      })
    )?.message;
  async function link(address: string, signature: string) {
    const linked = await withToast(api('linkWallet', { body: { address, signature } }), {
      pending: t`Checking the signature…`,
      success: t`The wallet is linked`,
    });
    await mutate();
    return linked !== undefined;
  }
  const unlink = (address: string) => async () => {
    const done = await acceptedWithToast(api('unlinkWallet', { params: { address } }), {
      pending: t`Unlinking…`,
      success: t`The wallet is unlinked`,
    });
    await mutate();
    return done;
  };
  return (
    <>
      <PageHeader
        title={t`Wallets`}
        description={t`A linked wallet can pay for clones and verify agents. Linking is free: you sign a message, not a transaction.`}
      />
      <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-2">
        <Card title={t`Linked wallets`}>
          {error && !data && <Problem onRetry={() => mutate()}>{errorMessage(error)}</Problem>}
          {!data && !error && <Loading rows={2} className="h-12" />}
          {data?.wallets.length === 0 && (
            <p className="text-muted text-sm">
              <Trans>No wallet is linked yet.</Trans>
            </p>
          )}
          <ul className="divide-y divide-line">
            {data?.wallets.map(({ address, linkedAt }) => (
              <li key={address} className="flex flex-wrap items-center justify-between gap-3 py-2 text-sm">
                <div className="min-w-0">
                  <code className="wrap-anywhere font-mono text-xs">{address}</code>
                  <p className="text-muted text-xs">
                    <Trans>
                      linked <RelativeTime time={linkedAt} />
                    </Trans>
                  </p>
                </div>
                <ConfirmButton
                  size="small"
                  action={t`Unlink`}
                  title={t`Unlink this wallet?`}
                  description={t`${address} can no longer pay for clones. Clones that it has paid for are kept.`}
                  confirm={t`Unlink wallet`}
                  onConfirm={unlink(address)}
                />
              </li>
            ))}
          </ul>
        </Card>
        <Card title={t`Link a wallet`}>
          <SignatureSteps action={t`Link wallet`} challenge={challenge} onSigned={link} />
        </Card>
      </div>
    </>
  );
}
