import { formatNumber, formatUsd } from '../../lib/format.ts';
import type { Day } from './days.ts';

/** The figures of a row, as columns of a table. */
export const usageColumns = ['Requests', 'Input', 'Cached', 'Output', 'Cost'] as const;

/** The cells under `usageColumns`. @param isPriced whether the cost is known */
export function UsageCells({ of, isPriced = true }: { of: Omit<Day, 'date'>; isPriced?: boolean }) {
  const figures = [of.requests, of.inputTokens, of.cachedTokens, of.outputTokens].map(formatNumber);
  return [...figures, isPriced ? formatUsd(of.costUsd) : 'not known'].map((text, index) => (
    <td key={usageColumns[index]} className="tabular-nums">
      {text}
    </td>
  ));
}
