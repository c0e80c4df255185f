import { Card, DescriptionList } from '../../components/ui/card.tsx';
import { formatUsd } from '../../lib/format.ts';
import type { ProviderKeys } from '../../lib/hooks/use-provider-keys.ts';
import { providerName } from '../../lib/providers.ts';

const amount = (spent: number, limit: number | null) =>
  limit === null ? `${formatUsd(spent)}, no limit` : `${formatUsd(spent)} of ${formatUsd(limit)}`;

/** What the operator's keys pay for, and how much of the allowance is spent. */
export function Included({ of: { providers, allowance, spent } }: { of: NonNullable<ProviderKeys['included']> }) {
  return (
    <Card
      title="Included in your plan"
      description={`Agents without a key may call ${providers.map(providerName).join(', ')} with the operator’s key, up to the allowance of your plan. Days and months begin at midnight UTC.`}
    >
      <DescriptionList
        rows={[
          ['Spent today', amount(spent.dayUsd, allowance.dailyUsd)],
          ['Spent this month', amount(spent.monthUsd, allowance.monthlyUsd)],
          ...(spent.reservedUsd > 0 ? [['Reserved for running calls', formatUsd(spent.reservedUsd)] as const] : []),
        ]}
      />
    </Card>
  );
}
