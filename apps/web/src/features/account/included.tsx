import { t } from '@lingui/core/macro';
import { Card, DescriptionList } from '../../components/ui/card.tsx';
import { formatUsd } from '../../lib/format.ts';
import type { ProviderKeys } from '../../lib/hooks/use-provider-keys.ts';
import { providerName } from '../../lib/providers.ts';

const amount = (spent: number, limit: number | null) =>
  limit === null ? t`${{ spent: formatUsd(spent) }}, no limit` : t`${{ spent: formatUsd(spent) }} of ${{ limit: formatUsd(limit) }}`;

/** What the operator's keys pay for, and how much of the allowance is spent. */
export function Included({ of: { providers, allowance, spent } }: { of: NonNullable<ProviderKeys['included']> }) {
  return (
    <Card
      title={t`Included in your plan`}
      description={t`Agents without a key may call ${{ providers: providers.map(providerName).join(t`, `) }} with the operator’s key, up to the allowance of your plan. Days and months begin at midnight UTC.`}
    >
      <DescriptionList
        rows={[
          [t`Spent today`, amount(spent.dayUsd, allowance.dailyUsd)],
          [t`Spent this month`, amount(spent.monthUsd, allowance.monthlyUsd)],
          ...(spent.reservedUsd > 0 ? [[t`Reserved for running calls`, formatUsd(spent.reservedUsd)] as const] : []),
        ]}
      />
    </Card>
  );
}
