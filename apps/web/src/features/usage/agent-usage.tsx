'use client';

import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { ChartColumn } from 'lucide-react';
import Link from 'next/link';
import { useState } from 'react';
import useSWR from 'swr';
import { Choice } from '../../components/ui/choice.tsx';
import { EmptyState } from '../../components/ui/empty-state.tsx';
import { Loading } from '../../components/ui/loading.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { api } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';
import { withToast } from '../../lib/toast/with-toast.ts';
import { BudgetForm } from './budget-form.tsx';
import { type BudgetValues, budgetOf, priceOf, valuesOf } from './budget-values.ts';
import { DayCharts } from './day-charts.tsx';
import { DownloadCsv } from './download-csv.tsx';
import { ModelTable } from './model-table.tsx';
import { Spent, SpentOfAccount } from './spent.tsx';
import { type Period, periodOptions, USAGE_OPTIONS } from './usage-options.ts';

/** An agent's model calls, what they cost, and its budget. */
export function AgentUsage({ id }: { id: string }) {
  const [period, setPeriod] = useState<Period>(30);
  const { data, error, mutate } = useSWR(
    ['usage', id, period],
    async () => ({ period, ...(await api('getAgentUsage', { params: { id }, query: { days: String(period) } })) }),
    USAGE_OPTIONS,
  );
  if (error && !data) return <Problem onRetry={() => mutate()}>{errorMessage(error)}</Problem>;
  if (!data) return <Loading rows={2} className="h-72" />;

  async function save(values: BudgetValues) {
    const body = { ...budgetOf(values), price: priceOf(values) };
    const text = { pending: t`Saving the budget…`, success: t`The budget is saved` };
    const saved = await withToast(api('setAgentBudget', { params: { id }, body }), text);
    if (saved && data) await mutate({ ...data, budget: saved.budget });
    return saved !== undefined;
  }
  return (
    <div className="space-y-4">
      <Problem onRetry={() => mutate()}>{error && errorMessage(error)}</Problem>
      <Spent
        title={t`Spent`}
        description={t`Days and months begin at midnight UTC.`}
        amounts={[
          { name: t`Today`, spentUsd: data.spent.dayUsd, usd: data.budget.dailyUsd },
          { name: t`This month`, spentUsd: data.spent.monthUsd, usd: data.budget.monthlyUsd },
        ]}
        reservedUsd={data.spent.reservedUsd}
        notices={data.notices}
      />
      <SpentOfAccount limits={data.limits} />
      <div className="flex flex-wrap items-center justify-between gap-3">
        <Choice legend={t`Period`} value={period} options={periodOptions()} onChange={setPeriod} />
        <DownloadCsv days={period} agentId={id} />
      </div>
      {data.days.length === 0 ? (
        <EmptyState
          icon={ChartColumn}
          title={t`No model calls in ${{ days: data.period }} days`}
          description={t`Each call of the agent’s model is counted here, with its tokens and its cost.`}
        />
      ) : (
        <>
          <DayCharts days={data.days} period={data.period} />
          <ModelTable models={data.models} advice={t`Give its price below: later calls then count.`} />
        </>
      )}
      <BudgetForm
        description={
          <Trans>
            A call is refused if it could cost more than what is left. The agent then says so in the chat. The{' '}
            <Link href="/account/usage" className="text-accent underline">
              budget of your account
            </Link>{' '}
            holds too.
          </Trans>
        }
        saved={valuesOf(data.budget)}
        withPrice
        onSave={save}
      />
    </div>
  );
}
