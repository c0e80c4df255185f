import type { UsageHistory } from '@agentbot/contracts';
import { Area, AreaChart, CartesianGrid, Legend, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import { formatTime } from '../../lib/format.ts';
import { locale } from '../../lib/language/texts.ts';
import { timeTicks, valueTicks } from './axes.ts';

type Point = UsageHistory['history']['points'][number];
export type Row = Omit<Point, 'timestamp'> & { at: number };
interface Props {
  /** An empty row ends a line. */
  rows: readonly (Row | { at: number })[];
  from: number;
  to: number;
  series: { key: Exclude<keyof Row, 'at'>; name: string; colour: string }[];
  /** How the values round: bytes by 1024. */
  base: 10 | 1024;
  format: (value: number) => string;
}

const DAY_MS = 24 * 3_600_000;
const tick = { fill: 'var(--muted)', fontSize: 11 };

/** An area chart over time, with a legend. The arrow keys move its tooltip, which has all series. */
export default function Chart({ rows, from, to, series, base, format }: Props) {
  const time = new Intl.DateTimeFormat(locale(), to - from <= DAY_MS ? { timeStyle: 'short' } : { month: 'short', day: 'numeric' });
  const values = rows.flatMap((row) => ('cpu' in row ? series.map(({ key }) => row[key]) : []));
  const ticks = valueTicks(Math.max(0, ...values), base);
  return (
    <div className="h-60">
      <ResponsiveContainer width="100%" height="100%">
        <AreaChart data={[...rows]} margin={{ top: 8, right: 12, bottom: 0, left: 0 }} accessibilityLayer>
          <CartesianGrid stroke="var(--line)" vertical={false} />
          <XAxis
            dataKey="at"
            type="number"
            domain={[from, to]}
            ticks={timeTicks(from, to)}
            tickFormatter={(at: number) => time.format(at)}
            tick={tick}
            stroke="var(--line)"
            minTickGap={20}
          />
          <YAxis tickFormatter={format} tick={tick} stroke="var(--line)" width={76} ticks={ticks} domain={[0, ticks.at(-1) ?? 1]} />
          <Legend verticalAlign="top" height={24} iconType="plainline" wrapperStyle={{ fontSize: 12 }} />
          <Tooltip
            labelFormatter={(at) => formatTime(Number(at))}
            formatter={(value) => format(Number(value))}
            contentStyle={{ background: 'var(--surface)', border: '1px solid var(--line)', borderRadius: 8, fontSize: 12 }}
          />
          {series.map(({ key, name, colour }) => (
            <Area
              key={key}
              dataKey={key}
              name={name}
              stroke={colour}
              fill={colour}
              fillOpacity={0.12}
              strokeWidth={1.5}
              connectNulls={false}
              dot={rows.length === 1}
              isAnimationActive={false}
            />
          ))}
        </AreaChart>
      </ResponsiveContainer>
    </div>
  );
}
