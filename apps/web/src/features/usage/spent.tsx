import type { AccountLimits, BudgetNotice } from '@agentbot/contracts';
import { Card } from '../../components/ui/card.tsx';
import { RelativeTime } from '../../components/ui/relative-time.tsx';
import { formatUsd } from '../../lib/format.ts';

/** An amount, and the budget that holds for it; `usd` is null without one. */
export interface Amount {
  name: string;
  spentUsd: number;
  usd: number | null;
  /** Whose budget it is, where it may be the operator's. */
  source?: 'account' | 'plan';
}

const colourOf = (share: number) => (share >= 1 ? 'bg-danger' : share >= 0.8 ? 'bg-warn' : 'bg-accent');

/** From half of a budget on, its use in words. */
function useOf(share: number): string {
  if (share >= 1) return ': spent';
  return share >= 0.5 ? `: ${Math.floor(share * 100)} % used` : '';
}

/** An amount with a bar against its budget, if there is one. */
function SpentBar({ name, spentUsd, usd, source }: Amount) {
  const share = usd === null ? 0 : usd > 0 ? spentUsd / usd : 1;
  const text = usd === null ? formatUsd(spentUsd) : `${formatUsd(spentUsd)} of ${formatUsd(usd)}`;
  return (
    <div>
      <p className="text-muted text-sm">{name}</p>
      <p className="mt-0.5 font-semibold text-2xl tabular-nums">{formatUsd(spentUsd)}</p>
      {usd === null ? (
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
            of {formatUsd(usd)}
            {useOf(share)}
          </p>
          {source === 'plan' && <p className="text-muted text-sm">The operator’s default for your plan</p>}
        </>
      )}
    </div>
  );
}

interface Props {
  title: string;
  description: string;
  amounts: readonly Amount[];
  /** The worst case of the calls that are running. */
  reservedUsd?: number;
  /** Notices of the budgets, latest first. */
  notices?: readonly BudgetNotice[];
}

/** A notice as a sentence, without its time. */
const noticeText = ({ period, percent, usd }: BudgetNotice) =>
  `${percent === 100 ? 'All' : `${percent} %`} of ${formatUsd(usd)} for ${period === 'day' ? 'today' : 'this month'} spent`;

/** What was spent, against the budgets that hold. */
export function Spent({ title, description, amounts, reservedUsd = 0, notices = [] }: Props) {
  return (
    <Card title={title} description={description}>
      <div className="grid gap-6 sm:grid-cols-2">
        {amounts.map((amount) => (
          <SpentBar key={amount.name} {...amount} />
        ))}
      </div>
      {reservedUsd > 0 && (
        <p className="mt-4 text-muted text-sm">
          {formatUsd(reservedUsd)} is reserved for calls that are running: the most that they can cost.
        </p>
      )}
      {notices.length > 0 && (
        <ul aria-label="Notices" className="mt-4 space-y-1 border-line border-t pt-3 text-sm">
          {notices.map((notice) => (
            <li key={`${notice.period} ${notice.percent} ${notice.usd}`} className="flex flex-wrap justify-between gap-x-4">
              <span>{noticeText(notice)}</span>
              <span className="text-muted">
                <RelativeTime time={notice.at} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

/** The limits of the account on the page of an agent: they hold for its calls too. Renders nothing without one. */
export function SpentOfAccount({ limits }: { limits: AccountLimits | null }) {
  const amounts = [
    ...(limits?.daily ? [{ name: 'All your agents today', ...limits.daily }] : []),
    ...(limits?.monthly ? [{ name: 'All your agents this month', ...limits.monthly }] : []),
  ];
  if (amounts.length === 0) return null;
  return <Spent title="Spent by your account" description="A call must fit this budget and that of the agent." amounts={amounts} />;
}
