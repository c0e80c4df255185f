'use client';

import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { ChartColumn } from 'lucide-react';
import { useState } from 'react';
import useSWR from 'swr';
import { PageHeader } from '../../components/ui/card.tsx';
import { Choice } from '../../components/ui/choice.tsx';
import { EmptyState } from '../../components/ui/empty-state.tsx';
import { Loading } from '../../components/ui/loading.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { Table } from '../../components/ui/table.tsx';
import { api } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';
import { formatNumber, formatUsd } from '../../lib/format.ts';
import { UsageCells, usageColumns } from './usage-cells.tsx';
import { type Period, periodOptions, USAGE_OPTIONS } from './usage-options.ts';

/** The accounts and agents of the installation whose model calls cost most. */
export function TopSpenders() {
  const [period, setPeriod] = useState<Period>(30);
  const { data, error, mutate } = useSWR(
    ['top-spenders', period],
    async () => ({ period, ...(await api('listTopSpenders', { query: { days: String(period) } })) }),
    USAGE_OPTIONS,
  );
  return (
    <>
      <PageHeader title={t`Top spenders`} description={t`The accounts and agents whose model calls cost most: at most 50 of each.`} />
      <div className="space-y-4">
        <Problem onRetry={() => mutate()}>{error && errorMessage(error)}</Problem>
        <Choice legend={t`Period`} value={period} options={periodOptions()} onChange={setPeriod} />
        {!data && !error && <Loading rows={5} className="h-12" />}
        {data && data.accounts.length === 0 && (
          <EmptyState
            icon={ChartColumn}
            title={t`No model calls in ${{ days: data.period }} days`}
            description={t`Each call of an agent’s model is counted here, with its tokens and its cost.`}
          />
        )}
        {data && data.accounts.length > 0 && (
          <>
            <p className="text-muted text-sm">
              {t`All accounts: ${{ cost: formatUsd(data.total.costUsd) }} for ${plural(data.total.requests, { one: '# request', other: '# requests' })} in ${{ days: data.period }} days (UTC).`}
              {data.total.unpricedRequests > 0 &&
                ` ${t`The price was not known for ${{ requests: formatNumber(data.total.unpricedRequests) }} of them; they count as free.`}`}
            </p>
            <section className="space-y-3">
              <h2 className="font-semibold">
                <Trans>By account</Trans>
              </h2>
              <Table label={t`Usage by account`} head={[t`Account`, ...usageColumns()]}>
                {data.accounts.map(({ id, email, unpricedRequests, ...figures }) => (
                  <tr key={id}>
                    <td className="wrap-anywhere font-medium">{email}</td>
                    <UsageCells of={figures} isPriced={unpricedRequests < figures.requests} />
                  </tr>
                ))}
              </Table>
            </section>
            <section className="space-y-3">
              <h2 className="font-semibold">
                <Trans>By agent</Trans>
              </h2>
              <Table label={t`Usage by agent`} head={[t`Agent`, ...usageColumns()]}>
                {data.agents.map(({ id, name, ownerEmail, unpricedRequests, ...figures }) => (
                  <tr key={id}>
                    <td>
                      <span>
                        <span className="wrap-anywhere font-medium">{name ?? t`Deleted agent ${id}`}</span>{' '}
                        <span className="wrap-anywhere text-muted">{ownerEmail}</span>
                      </span>
                    </td>
                    <UsageCells of={figures} isPriced={unpricedRequests < figures.requests} />
                  </tr>
                ))}
              </Table>
            </section>
          </>
        )}
      </div>
    </>
  );
}
