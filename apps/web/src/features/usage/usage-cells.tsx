import { t } from '@lingui/core/macro';
import { formatNumber, formatUsd } from '../../lib/format.ts';
import type { Day } from './days.ts';

/** The figures of a row, as columns of a table. */
export const usageColumns = () => [t`Requests`, t`Input`, t`Cached`, t`Output`, t`Cost`];

/** The cells under `usageColumns`. @param isPriced whether the cost is known */
export function UsageCells({ of, isPriced = true }: { of: Omit<Day, 'date'>; isPriced?: boolean }) {
  const figures = [of.requests, of.inputTokens, of.cachedTokens, of.outputTokens].map(formatNumber);
  return [...figures, isPriced ? formatUsd(of.costUsd) : t`not known`].map((text, index) => (
    <td key={index} className="tabular-nums">
      {text}
    </td>
  ));
}
