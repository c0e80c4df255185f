'use client';

import { msg, plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import dynamic from 'next/dynamic';
import { Card } from '../../components/ui/card.tsx';
import { formatNumber, formatUsd } from '../../lib/format.ts';
import { say } from '../../lib/language/texts.ts';
import { type Day, fillDays } from './days.ts';
import type { Period } from './usage-options.ts';

const DayChart = dynamic(() => import('./day-chart.tsx'), { ssr: false, loading: () => <div className="h-56" /> });

const legend = [
  ['bg-good', msg`cached input`],
  ['bg-accent', msg`other input`],
  ['bg-warn', msg`output`],
] as const;

/** Cost and tokens by day, with their sums. */
export function DayCharts({ days: known, period }: { days: readonly Day[]; period: Period }) {
  const days = fillDays(known, period, Date.now());
  const sum = (value: (day: Day) => number) => known.reduce((total, day) => total + value(day), 0);
  const requests = sum((day) => day.requests);
  const tokens = sum((day) => day.inputTokens + day.outputTokens);
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4 xl:grid-cols-2">
      <Card
        title={t`Cost by day`}
        description={t`${{ cost: formatUsd(sum((day) => day.costUsd)) }} for ${plural(requests, { one: '# request', other: '# requests' })} in ${period} days (UTC)`}
      >
        <DayChart days={days} kind="cost" />
      </Card>
      <Card
        title={t`Tokens by day`}
        description={
          <>
            <Trans>{{ tokens: formatNumber(tokens) }} tokens:</Trans>{' '}
            {legend.map(([colour, name], index) => (
              <span key={colour}>
                {index > 0 && t`, `}
                <span aria-hidden className={`mr-1 inline-block size-2 rounded-full ${colour}`} />
                {say(name)}
              </span>
            ))}
          </>
        }
      >
        <DayChart days={days} kind="tokens" />
      </Card>
    </div>
  );
}
