'use client';

import { plural, t } from '@lingui/core/macro';
import { KeyList } from '../../components/provider-keys/key-list.tsx';
import { PageHeader } from '../../components/ui/card.tsx';
import { Loading } from '../../components/ui/loading.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { api } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';
import { useProviderKeys } from '../../lib/hooks/use-provider-keys.ts';
import type { Provider } from '../../lib/providers.ts';
import { acceptedWithToast } from '../../lib/toast/with-toast.ts';
import { Included } from './included.tsx';

/** The model providers' keys of the account. */
export function ModelKeys() {
  const { data, error, mutate } = useProviderKeys();
  async function save(provider: Provider, apiKey: string) {
    await api('saveProviderKey', { params: { provider }, body: { apiKey } });
    await mutate();
  }
  async function remove(provider: Provider) {
    const text = { pending: t`Removing the key…`, success: t`The key is removed` };
    const accepted = await acceptedWithToast(api('deleteProviderKey', { params: { provider } }), text);
    await mutate();
    return accepted;
  }
  return (
    <>
      <PageHeader
        title={t`Model keys`}
        description={t`Keys of model providers for all your agents. An agent that has a key of its own uses that one. Your provider bills every call.`}
      />
      {error && !data && <Problem onRetry={() => mutate()}>{errorMessage(error)}</Problem>}
      {!data && !error && <Loading rows={1} className="h-72" />}
      {data && (
        <div className="space-y-4">
          {data.included && <Included of={data.included} />}
          <KeyList
            label={t`Model keys`}
            keys={data.keys}
            agents={(count) => plural(count, { one: 'serves # agent', other: 'serves # agents' })}
            onSave={save}
            onDelete={remove}
          />
        </div>
      )}
    </>
  );
}
