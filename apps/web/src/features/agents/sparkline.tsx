interface Props {
  /** The name of the metric, for screen readers and the tooltip. */
  label: string;
  /** Percentages, oldest first. */
  values: readonly number[];
  className: string;
}
const WIDTH = 64;
const HEIGHT = 20;

/** A small line chart of the last minutes. Its top is the highest value, but at least 1 %. */
export function Sparkline({ label, values, className }: Props) {
  const highest = Math.max(1, ...values);
  const step = WIDTH / Math.max(1, values.length - 1);
  const points = values.map((value, index) => `${(index * step).toFixed(1)},${(HEIGHT - 1 - (value / highest) * (HEIGHT - 2)).toFixed(1)}`);
  const text = `${label} ${values.at(-1)} %`;
  return (
    <svg role="img" aria-label={text} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} width={WIDTH} height={HEIGHT} className={className}>
      <title>{text}</title>
      <polyline points={points.join(' ')} fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinejoin="round" />
    </svg>
  );
}
