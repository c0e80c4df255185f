import { Card } from '../../components/ui/card.tsx';
import { formatUsd } from '../../lib/format.ts';

interface Amount {
  name: string;
  spentUsd: number;
  /** Null without a budget. */
  budgetUsd: number | null;
}

const colourOf = (share: number) => (share >= 1 ? 'bg-danger' : share >= 0.8 ? 'bg-warn' : 'bg-accent');

/** An amount with a bar against its budget, if there is one. */
function SpentBar({ name, spentUsd, budgetUsd }: Amount) {
  const share = budgetUsd === null ? 0 : budgetUsd > 0 ? spentUsd / budgetUsd : 1;
  const text = budgetUsd === null ? formatUsd(spentUsd) : `${formatUsd(spentUsd)} of ${formatUsd(budgetUsd)}`;
  return (
    <div>
      <p className="text-muted text-sm">{name}</p>
      <p className="mt-0.5 font-semibold text-2xl tabular-nums">{formatUsd(spentUsd)}</p>
      {budgetUsd === null ? (
        <p className="mt-1 text-muted text-sm">No budget</p>
      ) : (
        <>
          <div
            role="meter"
            aria-label={`${name}: share of the budget`}
            aria-valuemin={0}
            aria-valuemax={100}
            aria-valuenow={Math.min(100, Math.round(share * 100))}
            aria-valuetext={text}
            className="mt-2 h-2 overflow-hidden rounded-full bg-hover"
          >
            <div className={`h-full rounded-full ${colourOf(share)}`} style={{ width: `${Math.min(100, share * 100)}%` }} />
          </div>
          <p className="mt-1 text-muted text-sm">
            of {formatUsd(budgetUsd)}
            {share >= 1 && ': spent'}
          </p>
        </>
      )}
    </div>
  );
}

interface Props {
  spent: { dayUsd: number; monthUsd: number; reservedUsd: number };
  budget: { dailyUsd: number | null; monthlyUsd: number | null };
}

/** What was spent today and this month, against the budget. */
export function Spent({ spent: { dayUsd, monthUsd, reservedUsd }, budget }: Props) {
  return (
    <Card title="Spent" description="Days and months begin at midnight UTC.">
      <div className="grid gap-6 sm:grid-cols-2">
        <SpentBar name="Today" spentUsd={dayUsd} budgetUsd={budget.dailyUsd} />
        <SpentBar name="This month" spentUsd={monthUsd} budgetUsd={budget.monthlyUsd} />
      </div>
      {reservedUsd > 0 && (
        <p className="mt-4 text-muted text-sm">
          {formatUsd(reservedUsd)} is reserved for calls that are running: the most that they can cost.
        </p>
      )}
    </Card>
  );
}
