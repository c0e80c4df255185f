'use client';

import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import Link from 'next/link';
import useSWR from 'swr';
import { Card } from '../../components/ui/card.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { RelativeTime } from '../../components/ui/relative-time.tsx';
import { api } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';
import { providerName } from '../../lib/providers.ts';
import { CUSTOM, DEMO } from './config-changes.ts';

const keysLink = (
  <Link href="/account/model-keys" className="text-accent underline">
    <Trans>Model keys</Trans>
  </Link>
);

/** Which key the agent's saved model is called with. */
export function KeyInUse({ id }: { id: string }) {
  const { data, error, mutate } = useSWR(['model-key', id], () => api('getModelKey', { params: { id } }));
  if (error && !data) return <Problem onRetry={() => mutate()}>{errorMessage(error)}</Problem>;
  if (!data) return null;
  const { provider, keySource, refused } = data;
  const name = providerName(provider);
  return (
    <Card title={t`Key in use`}>
      <div className="space-y-2 text-sm">
        {keySource === 'agent' && (
          <p>
            <Trans>The agent uses a key of its own.</Trans>
          </p>
        )}
        {keySource === 'account' && (
          <p>
            <Trans>
              The agent uses the key of your account for {name}. You replace it under {keysLink}, without a restart of the agent.
            </Trans>
          </p>
        )}
        {keySource === 'installation' && (
          <p>
            <Trans>
              The agent uses the operator’s key for {name}, within the allowance of your plan. What is left of it stands under {keysLink}.
            </Trans>
          </p>
        )}
        {keySource === null && provider === CUSTOM && (
          <p>
            <Trans>The agent calls its endpoint without a key.</Trans>
          </p>
        )}
        {provider === DEMO && (
          <p>
            <Trans>The demo model needs no key.</Trans>
          </p>
        )}
        {keySource === null && provider !== CUSTOM && provider !== DEMO && (
          <p className="text-danger">
            <Trans>
              There is no key for {name}, so the agent cannot call its model. Save a key above, or one for all your agents under {keysLink}.
            </Trans>
          </p>
        )}
        {refused && (
          <p className="text-danger">
            <Trans>
              {name} refused this key <RelativeTime time={refused.at} /> (status {refused.status}). Replace it under {keysLink}.
            </Trans>
          </p>
        )}
      </div>
    </Card>
  );
}
