import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';
import { Plural, Trans } from '@lingui/react/macro';
import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import { formatDate, formatNumber, formatUsd } from '../../lib/format.ts';
import { locale, say } from '../../lib/language/texts.ts';
import type { Day } from './days.ts';

interface Series {
  /** The bars of one colour; those of several stand on each other. */
  bars: { name: MessageDescriptor; colour: string; value: (day: Day) => number }[];
  axis: (value: number) => string;
}
const kinds: Record<'cost' | 'tokens', Series> = {
  cost: { bars: [{ name: msg`Cost`, colour: 'var(--accent)', value: ({ costUsd }) => costUsd }], axis: formatUsd },
  tokens: {
    bars: [
      { name: msg`Cached input`, colour: 'var(--good)', value: ({ cachedTokens }) => cachedTokens },
      { name: msg`Other input`, colour: 'var(--accent)', value: ({ inputTokens, cachedTokens }) => inputTokens - cachedTokens },
      { name: msg`Output`, colour: 'var(--warn)', value: ({ outputTokens }) => outputTokens },
    ],
    axis: (value) => new Intl.NumberFormat(locale(), { notation: 'compact' }).format(value),
  },
};
const tick = { fill: 'var(--muted)', fontSize: 11 };

/** One day's figures. */
function DayTooltip({ active, payload }: { active?: boolean; payload?: readonly { payload?: Day }[] }) {
  const day = payload?.[0]?.payload;
  if (!active || !day) return null;
  return (
    <div className="rounded-lg border border-line bg-surface px-3 py-2 text-xs">
      <p className="mb-1 font-medium">{formatDate(day.date)}</p>
      <p>{formatUsd(day.costUsd)}</p>
      <p>
        <Plural value={day.requests} one="# requests" other="# requests" />
      </p>
      <p>
        <Trans>
          {{ input: formatNumber(day.inputTokens) }} input tokens, {{ cached: formatNumber(day.cachedTokens) }} of them cached
        </Trans>
      </p>
      <p>
        <Trans>{{ output: formatNumber(day.outputTokens) }} output tokens</Trans>
      </p>
    </div>
  );
}

/** A bar for each day. The arrow keys move its tooltip, which has all of the day's figures. */
export default function DayChart({ days, kind }: { days: readonly Day[]; kind: 'cost' | 'tokens' }) {
  const { bars, axis } = kinds[kind];
  return (
    <div className="h-56">
      <ResponsiveContainer width="100%" height="100%">
        <BarChart data={days} margin={{ top: 4, right: 4, bottom: 0, left: 0 }} accessibilityLayer>
          <CartesianGrid stroke="var(--line)" vertical={false} />
          <XAxis dataKey="date" tickFormatter={formatDate} tick={tick} stroke="var(--line)" minTickGap={24} />
          <YAxis tickFormatter={axis} tick={tick} stroke="var(--line)" width={72} domain={[0, 'auto']} />
          <Tooltip cursor={{ fill: 'var(--hover)' }} content={DayTooltip} />
          {bars.map(({ name, colour, value }) => (
            <Bar key={colour} name={say(name)} dataKey={value} stackId="day" fill={colour} isAnimationActive={false} />
          ))}
        </BarChart>
      </ResponsiveContainer>
    </div>
  );
}
