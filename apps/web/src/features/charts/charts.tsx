'use client';

import type { UsageHistory } from '@agentbot/contracts';
import { t } from '@lingui/core/macro';
import { LineChart } from 'lucide-react';
import dynamic from 'next/dynamic';
import { useMemo, useState } from 'react';
import useSWR from 'swr';
import { Card } from '../../components/ui/card.tsx';
import { Choice } from '../../components/ui/choice.tsx';
import { EmptyState } from '../../components/ui/empty-state.tsx';
import { Loading } from '../../components/ui/loading.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { api } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';
import { formatBytes, formatTenths, timeZoneName } from '../../lib/format.ts';
import { say } from '../../lib/language/texts.ts';
import { type Range, ranges, withGaps } from './axes.ts';
import type { Row } from './chart.tsx';

const Chart = dynamic(() => import('./chart.tsx'), { ssr: false, loading: () => <div className="h-60" /> });
const options = () => (Object.keys(ranges) as Range[]).map((each) => [each, say(ranges[each].title)] as const);

const ratesOf = (row: Row, seconds: number) => ({
  received: row.received / seconds,
  sent: row.sent / seconds,
  read: row.read / seconds,
  written: row.written / seconds,
});

/** The charts of one time range. */
function UsageCharts({ points, interval, range, to }: Pick<UsageHistory['history'], 'points' | 'interval'> & { range: Range; to: number }) {
  const from = to - ranges[range].length;
  const rows = useMemo(() => {
    const inRange = points.map(({ timestamp, ...figures }) => ({ ...figures, at: Date.parse(timestamp) })).filter(({ at }) => at >= from);
    return withGaps(inRange, interval);
  }, [points, interval, from]);
  if (rows.length === 0) {
    return (
      <EmptyState
        icon={LineChart}
        title={points.length === 0 ? t`No usage data yet` : t`No usage data in this range`}
        description={t`Usage is recorded every minute while the agent runs.`}
      />
    );
  }
  // Points have the bytes of a whole minute or hour.
  const seconds = interval / 1000;
  const rates = rows.map((row) => ('cpu' in row ? { ...row, ...ratesOf(row, seconds) } : row));
  const perSecond = (bytes: number) => `${formatBytes(bytes)}/s`;
  const percent = (value: number) => `${formatTenths(value)} %`;
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4 xl:grid-cols-2">
      <Card title="CPU" description={t`Percent of one CPU`}>
        <Chart rows={rows} from={from} to={to} base={10} format={percent} series={[{ key: 'cpu', name: 'CPU', colour: 'var(--accent)' }]} />
      </Card>
      <Card title={t`Memory`} description={t`Limit: ${{ limit: formatBytes(points.at(-1)?.memoryLimit ?? 0) }}`}>
        <Chart
          rows={rows}
          from={from}
          to={to}
          base={1024}
          format={formatBytes}
          series={[{ key: 'memory', name: t`Memory`, colour: 'var(--good)' }]}
        />
      </Card>
      <Card title={t`Network`}>
        <Chart
          rows={rates}
          from={from}
          to={to}
          base={1024}
          format={perSecond}
          series={[
            { key: 'received', name: t`Received`, colour: 'var(--accent)' },
            { key: 'sent', name: t`Sent`, colour: 'var(--warn)' },
          ]}
        />
      </Card>
      <Card title={t`Disk`}>
        <Chart
          rows={rates}
          from={from}
          to={to}
          base={1024}
          format={perSecond}
          series={[
            { key: 'read', name: t({ message: 'Read', context: 'disk' }), colour: 'var(--accent)' },
            { key: 'written', name: t`Written`, colour: 'var(--warn)' },
          ]}
        />
      </Card>
    </div>
  );
}

/** The usage of an agent's container, from an hour to 30 days. */
export function Charts({ id }: { id: string }) {
  const [range, setRange] = useState<Range>('1d');
  const wanted = ranges[range].history;
  const { data, error, mutate } = useSWR(
    ['history', id, wanted],
    () =>
      api('getAgentStatsHistory', { params: { id }, query: { range: wanted } }).then(({ history }) => ({ history, readAt: Date.now() })),
    { refreshInterval: 60_000, keepPreviousData: true },
  );
  if (!data && !error) return <Loading rows={2} className="h-72" />;
  // `keepPreviousData` returns the other history until this one arrives.
  const shown = data?.history.range === wanted ? data : undefined;
  return (
    <div className="space-y-4">
      <Choice legend={t`Range`} value={range} options={options()} onChange={setRange} />
      <Problem onRetry={() => mutate()}>{error && errorMessage(error)}</Problem>
      {!shown && !error && <Loading rows={2} className="h-72" />}
      {shown && (
        <>
          <UsageCharts points={shown.history.points} interval={shown.history.interval} range={range} to={shown.readAt} />
          <p className="text-muted text-xs">
            {shown.history.interval === 60_000
              ? t`Times in ${timeZoneName()}. One point per minute; a gap means that the agent did not run.`
              : t`Times in ${timeZoneName()}. One point per hour; a gap means that the agent did not run.`}
          </p>
        </>
      )}
    </div>
  );
}
