import type { UsageHistory } from '@agentbot/contracts';
import { Area, AreaChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import { formatTime } from '../../lib/format.ts';

type Point = UsageHistory['history']['points'][number];
interface Props {
  points: readonly Point[];
  range: 'day' | 'month';
  series: { key: Exclude<keyof Point, 'timestamp'>; name: string; colour: string }[];
  format: (value: number) => string;
}

const tick = { fill: 'var(--muted)', fontSize: 11 };
const short = { day: { timeStyle: 'short' }, month: { month: 'short', day: 'numeric' } } as const;

/** An area chart over time. The arrow keys move its tooltip. */
export default function Chart({ points, range, series, format }: Props) {
  const rows = points.map((point) => ({ ...point, at: Date.parse(point.timestamp) }));
  const time = new Intl.DateTimeFormat('en', short[range]);
  return (
    <div className="h-56">
      <ResponsiveContainer width="100%" height="100%">
        <AreaChart data={rows} margin={{ top: 4, right: 4, bottom: 0, left: 0 }} accessibilityLayer>
          <CartesianGrid stroke="var(--line)" vertical={false} />
          <XAxis
            dataKey="at"
            type="number"
            domain={['dataMin', 'dataMax']}
            tickFormatter={(at: number) => time.format(at)}
            tick={tick}
            stroke="var(--line)"
            minTickGap={40}
          />
          <YAxis tickFormatter={format} tick={tick} stroke="var(--line)" width={72} domain={[0, 'auto']} />
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
              dot={rows.length === 1}
              isAnimationActive={false}
            />
          ))}
        </AreaChart>
      </ResponsiveContainer>
    </div>
  );
}
