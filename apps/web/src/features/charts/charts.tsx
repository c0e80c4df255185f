'use client';

import type { UsageHistory } from '@agentbot/contracts';
import { LineChart } from 'lucide-react';
import dynamic from 'next/dynamic';
import { useState } from 'react';
import useSWR from 'swr';
import { Card } from '../../components/ui/card.tsx';
import { Choice } from '../../components/ui/choice.tsx';
import { EmptyState } from '../../components/ui/empty-state.tsx';
import { Loading } from '../../components/ui/loading.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { api } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';
import { formatBytes } from '../../lib/format.ts';

const Chart = dynamic(() => import('./chart.tsx'), { ssr: false, loading: () => <div className="h-56" /> });
const ranges = [
  ['day', 'Day'],
  ['month', 'Month'],
] as const;

/** The charts of one time range. */
function UsageCharts({ points, range, interval }: UsageHistory['history']) {
  if (points.length === 0)
    return <EmptyState icon={LineChart} title="No usage data yet" description="Usage is recorded every minute while the agent runs." />;
  const perSecond = (bytes: number) => `${formatBytes(bytes / (interval / 1000))}/s`;
  const percent = (value: number) => `${value.toFixed(1)} %`;
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4 xl:grid-cols-2">
      <Card title="CPU" description="Percent of one CPU">
        <Chart points={points} range={range} format={percent} series={[{ key: 'cpu', name: 'CPU', colour: 'var(--accent)' }]} />
      </Card>
      <Card title="Memory" description={`Limit: ${formatBytes(points.at(-1)?.memoryLimit ?? 0)}`}>
        <Chart points={points} range={range} format={formatBytes} series={[{ key: 'memory', name: 'Memory', colour: 'var(--good)' }]} />
      </Card>
      <Card title="Network">
        <Chart
          points={points}
          range={range}
          format={perSecond}
          series={[
            { key: 'received', name: 'Received', colour: 'var(--accent)' },
            { key: 'sent', name: 'Sent', colour: 'var(--warn)' },
          ]}
        />
      </Card>
      <Card title="Disk">
        <Chart
          points={points}
          range={range}
          format={perSecond}
          series={[
            { key: 'read', name: 'Read', colour: 'var(--accent)' },
            { key: 'written', name: 'Written', colour: 'var(--warn)' },
          ]}
        />
      </Card>
    </div>
  );
}

/** The usage of an agent's container over a day or a month. */
export function Charts({ id }: { id: string }) {
  const [range, setRange] = useState<'day' | 'month'>('day');
  const { data, error, mutate } = useSWR(['history', id, range], () => api('getAgentStatsHistory', { params: { id }, query: { range } }), {
    refreshInterval: 60_000,
    keepPreviousData: true,
  });
  if (!data && !error) return <Loading rows={2} className="h-72" />;
  // `keepPreviousData` returns the other range until this one answers: do not show it beside an error.
  const history = error && data?.history.range !== range ? undefined : data?.history;
  return (
    <div className="space-y-4">
      <Choice legend="Range" value={range} options={ranges} onChange={setRange} />
      <Problem onRetry={() => mutate()}>{error && errorMessage(error)}</Problem>
      {history && <UsageCharts {...history} />}
    </div>
  );
}
