'use client';

import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { ChartColumn } from 'lucide-react';
import Link from 'next/link';
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
import { withToast } from '../../lib/toast/with-toast.ts';
import { BudgetForm } from './budget-form.tsx';
import { BudgetMails } from './budget-mails.tsx';
import { type BudgetValues, budgetOf, valuesOf } from './budget-values.ts';
import { DayCharts } from './day-charts.tsx';
import type { Day } from './days.ts';
import { DownloadCsv } from './download-csv.tsx';
import { ModelTable } from './model-table.tsx';
import { Spent } from './spent.tsx';
import { UsageCells, usageColumns } from './usage-cells.tsx';
import { type Period, periodOptions, USAGE_OPTIONS } from './usage-options.ts';

/** The calls of each agent, the most expensive first. `name` is null for a deleted agent. */
function AgentTable({ agents }: { agents: readonly (Omit<Day, 'date'> & { agentId: string; name: string | null })[] }) {
  return (
    <section className="space-y-3">
      <h2 className="font-semibold">
        <Trans>By agent</Trans>
      </h2>
      <Table label={t`Usage by agent`} head={[t`Agent`, ...usageColumns()]}>
        {agents.map(({ agentId, name, ...figures }) => (
          <tr key={agentId}>
            <td>
              {name === null ? (
                <span>
                  <Trans>
                    Deleted agent <span className="wrap-anywhere text-muted">{agentId}</span>
                  </Trans>
                </span>
              ) : (
                <Link href={`/agents/${agentId}/usage`} className="wrap-anywhere font-medium text-accent underline">
                  {name}
                </Link>
              )}
            </td>
            <UsageCells of={figures} />
          </tr>
        ))}
      </Table>
    </section>
  );
}

/** The model calls of all agents of the account, what they cost, and the account's budget. */
export function AccountUsage() {
  const [period, setPeriod] = useState<Period>(30);
  const { data, error, mutate } = useSWR(
    ['account-usage', period],
    async () => ({ period, ...(await api('getAccountUsage', { query: { days: String(period) } })) }),
    USAGE_OPTIONS,
  );
  async function save(values: BudgetValues) {
    const text = { pending: t`Saving the budget…`, success: t`The budget is saved` };
    const saved = await withToast(api('setAccountBudget', { body: budgetOf(values) }), text);
    if (saved && data) await mutate({ ...data, budget: saved.budget });
    return saved !== undefined;
  }
  return (
    <>
      <PageHeader
        title={t`Usage`}
        description={t`The model calls of all your agents and what they cost. Your model providers send the bills.`}
      />
      <div className="space-y-4">
        <Problem onRetry={() => mutate()}>{error && errorMessage(error)}</Problem>
        {!data && !error && <Loading rows={2} className="h-72" />}
        {data && (
          <>
            <Spent
              title={t`Spent`}
              description={t`Days and months begin at midnight UTC.`}
              amounts={[
                { name: t`Today`, ...(data.limits.daily ?? { spentUsd: data.spent.dayUsd, usd: null }) },
                { name: t`This month`, ...(data.limits.monthly ?? { spentUsd: data.spent.monthUsd, usd: null }) },
              ]}
              reservedUsd={data.spent.reservedUsd}
              notices={data.notices}
            />
            <div className="flex flex-wrap items-center justify-between gap-3">
              <Choice legend={t`Period`} value={period} options={periodOptions()} onChange={setPeriod} />
              <DownloadCsv days={period} />
            </div>
            {data.days.length === 0 ? (
              <EmptyState
                icon={ChartColumn}
                title={t`No model calls in ${{ days: data.period }} days`}
                description={t`Each call of your agents’ models is counted here, with its tokens and its cost.`}
              />
            ) : (
              <>
                <DayCharts days={data.days} period={data.period} />
                <AgentTable agents={data.agents} />
                <ModelTable models={data.models} advice={t`Give its price on the Usage page of the agent: later calls then count.`} />
              </>
            )}
            <BudgetForm
              description={t`For all your agents together. A call is refused if it could cost more than what is left.`}
              note={t`Each agent may have a budget of its own too. An empty field leaves the operator’s default for your plan, if there is one.`}
              saved={valuesOf(data.budget)}
              onSave={save}
            />
            <BudgetMails budget={data.budget} onSaved={(budget) => mutate({ ...data, budget })} />
          </>
        )}
      </div>
    </>
  );
}
