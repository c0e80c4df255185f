import type { AccountLimits, BudgetNotice } from '@agentbot/contracts';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
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

/** The budget, and from its half on how much of it is used. */
function useOf(share: number, usd: number): string {
  const budget = formatUsd(usd);
  if (share >= 1) return t`of ${budget}: spent`;
  return share >= 0.5 ? t`of ${budget}: ${{ percent: Math.floor(share * 100) }} % used` : t`of ${budget}`;
}

/** An amount with a bar against its budget, if there is one. */
function SpentBar({ name, spentUsd, usd, source }: Amount) {
  const share = usd === null ? 0 : usd > 0 ? spentUsd / usd : 1;
  const text = usd === null ? formatUsd(spentUsd) : t`${{ spent: formatUsd(spentUsd) }} of ${{ budget: formatUsd(usd) }}`;
  return (
    <div>
      <p className="text-muted text-sm">{name}</p>
      <p className="mt-0.5 font-semibold text-2xl tabular-nums">{formatUsd(spentUsd)}</p>
      {usd === null ? (
        <p className="mt-1 text-muted text-sm">
          <Trans>No budget</Trans>
        </p>
      ) : (
        <>
          <div
            role="meter"
            aria-label={t`${name}: share of the budget`}
            aria-valuemin={0}
            aria-valuemax={100}
            aria-valuenow={Math.min(100, Math.round(share * 100))}
            aria-valuetext={text}
            className="mt-2 h-2 overflow-hidden rounded-full bg-hover"
          >
            <div className={`h-full rounded-full ${colourOf(share)}`} style={{ width: `${Math.min(100, share * 100)}%` }} />
          </div>
          <p className="mt-1 text-muted text-sm">{useOf(share, usd)}</p>
          {source === 'plan' && (
            <p className="text-muted text-sm">
              <Trans>The operator’s default for your plan</Trans>
            </p>
          )}
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
function noticeText({ period, percent, usd }: BudgetNotice): string {
  const budget = formatUsd(usd);
  if (percent === 100) return period === 'day' ? t`All of ${budget} for today spent` : t`All of ${budget} for this month spent`;
  return period === 'day' ? t`${percent} % of ${budget} for today spent` : t`${percent} % of ${budget} for this month spent`;
}

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
          <Trans>{{ amount: formatUsd(reservedUsd) }} is reserved for calls that are running: the most that they can cost.</Trans>
        </p>
      )}
      {notices.length > 0 && (
        <ul aria-label={t`Notices`} className="mt-4 space-y-1 border-line border-t pt-3 text-sm">
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
    ...(limits?.daily ? [{ name: t`All your agents today`, ...limits.daily }] : []),
    ...(limits?.monthly ? [{ name: t`All your agents this month`, ...limits.monthly }] : []),
  ];
  if (amounts.length === 0) return null;
  return <Spent title={t`Spent by your account`} description={t`A call must fit this budget and that of the agent.`} amounts={amounts} />;
}
