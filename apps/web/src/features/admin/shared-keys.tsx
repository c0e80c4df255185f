'use client';

import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import useSWR from 'swr';
import { KeyList } from '../../components/provider-keys/key-list.tsx';
import { PageHeader } from '../../components/ui/card.tsx';
import { Loading } from '../../components/ui/loading.tsx';
import { Hint, Problem } from '../../components/ui/notice.tsx';
import { Table } from '../../components/ui/table.tsx';
import { api } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';
import { formatUsd } from '../../lib/format.ts';
import type { Provider } from '../../lib/providers.ts';
import { acceptedWithToast } from '../../lib/toast/with-toast.ts';

const limit = (dollars: number | null) => (dollars === null ? t`no limit` : formatUsd(dollars));

/** The model providers' keys of the installation, and the allowances of the plans that may use them. */
export function SharedKeys() {
  const { data, error, mutate } = useSWR('installation-keys', () => api('listInstallationKeys', {}));
  async function save(provider: Provider, apiKey: string) {
    await api('saveInstallationKey', { params: { provider }, body: { apiKey } });
    await mutate();
  }
  async function remove(provider: Provider) {
    const text = { pending: t`Removing the key…`, success: t`The key is removed` };
    const accepted = await acceptedWithToast(api('deleteInstallationKey', { params: { provider } }), text);
    await mutate();
    return accepted;
  }
  return (
    <>
      <PageHeader
        title={t`Shared model keys`}
        description={t`Keys of this installation for agents that have no key, nor their account. The installation pays for their calls, up to the allowance of each account’s plan.`}
      />
      {error && !data && <Problem onRetry={() => mutate()}>{errorMessage(error)}</Problem>}
      {!data && !error && <Loading rows={1} className="h-72" />}
      {data && (
        <div className="space-y-4">
          {data.allowances.length === 0 && (
            <Hint>
              <Trans>No plan has an allowance, so no agent uses these keys. Set PLAN_ALLOWANCES and restart the backend.</Trans>
            </Hint>
          )}
          <KeyList
            label={t`Shared model keys`}
            keys={data.keys}
            agents={(count) => plural(count, { one: '# agent has no other key', other: '# agents have no other key' })}
            onSave={save}
            onDelete={remove}
          />
          {data.allowances.length > 0 && (
            <Table label={t`Allowances`} head={[t`Plan`, t`Per account and day`, t`Per account and month`]}>
              {data.allowances.map(({ plan, dailyUsd, monthlyUsd }) => (
                <tr key={plan}>
                  <td className="font-medium">{plan}</td>
                  <td className="tabular-nums">{limit(dailyUsd)}</td>
                  <td className="tabular-nums">{limit(monthlyUsd)}</td>
                </tr>
              ))}
            </Table>
          )}
        </div>
      )}
    </>
  );
}
