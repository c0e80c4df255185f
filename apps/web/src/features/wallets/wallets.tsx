'use client';

import useSWR from 'swr';
import { Card, PageHead } from '../../components/ui/card.tsx';
import { Confirm } from '../../components/ui/confirm-button.tsx';
import { Loading } from '../../components/ui/loading.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { Ago } from '../../components/ui/relative-time.tsx';
import { SignatureSteps } from '../../components/wallet/signature-steps.tsx';
import { api, sentenceOf } from '../../lib/api/client.ts';
import { act, carryOut } from '../../lib/toast/with-toast.ts';

/** The wallets that are linked to the account, and the way to link one. */
export function Wallets() {
  const { data, error, mutate } = useSWR('wallets', () => api('listWallets', {}));
  const challenge = async (address: string) =>
    (await act(api('createWalletChallenge', { body: { address } }), { doing: 'Asking for a message…', done: 'Sign it within ten minutes' }))
      ?.message;
  async function link(address: string, signature: string) {
    const linked = await act(api('linkWallet', { body: { address, signature } }), {
      doing: 'Checking the signature…',
      done: 'The wallet is linked',
    });
    await mutate();
    return linked !== undefined;
  }
  const unlink = (address: string) => async () => {
    const done = await carryOut(api('unlinkWallet', { params: { address } }), { doing: 'Unlinking…', done: 'The wallet is unlinked' });
    await mutate();
    return done;
  };
  return (
    <>
      <PageHead
        title="Wallets"
        about="A linked wallet pays for clones, and verifies agents. Linking costs nothing: it signs a message, no transaction."
      />
      <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-2">
        <Card title="Linked wallets">
          {error && !data && <Problem onRetry={() => mutate()}>{sentenceOf(error)}</Problem>}
          {!data && !error && <Loading rows={2} className="h-12" />}
          {data?.wallets.length === 0 && <p className="text-muted text-sm">No wallet is linked yet.</p>}
          <ul className="divide-y divide-line">
            {data?.wallets.map(({ address, linkedAt }) => (
              <li key={address} className="flex flex-wrap items-center justify-between gap-3 py-2 text-sm">
                <div className="min-w-0">
                  <code className="wrap-anywhere font-mono text-xs">{address}</code>
                  <p className="text-muted text-xs">
                    linked <Ago time={linkedAt} />
                  </p>
                </div>
                <Confirm
                  size="small"
                  action="Unlink"
                  title="Unlink this wallet?"
                  about={`${address} can no longer pay for you here. What it has paid for stays.`}
                  confirm="Unlink wallet"
                  onConfirm={unlink(address)}
                />
              </li>
            ))}
          </ul>
        </Card>
        <Card title="Link a wallet">
          <SignatureSteps action="Link wallet" challenge={challenge} onSigned={link} />
        </Card>
      </div>
    </>
  );
}
