'use client';

import type { Me } from '@agentbot/contracts';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import Link from 'next/link';
import { useMe } from '../../lib/hooks/use-me.ts';
import { usePlans } from '../../lib/hooks/use-plans.ts';
import { formatPrice, planName } from '../../lib/plans.ts';

const billing = (
  <Link href="/account/billing" className="text-accent underline">
    <Trans>Plan and billing</Trans>
  </Link>
);

/** What an agent costs the account, without the bill of the model provider. */
function Cost({ me }: { me: Me | undefined }) {
  const { data: sale } = usePlans();
  if (!me || !sale) return '\u00a0';
  const price = sale.plans.find(({ plan }) => plan === me.plan)?.price;
  if (me.plan) {
    const plan = planName(me.plan);
    return price
      ? t`included in your plan ${plan}, which is sold for ${{ price: formatPrice(price) }}.`
      : t`included in your plan ${plan}.`;
  }
  if (me.admin) return t`none: administrators need no plan.`;
  if (sale.payments === 'none') return t`none, but you need a plan, which the administrator of this installation grants.`;
  const smallest = sale.plans.find((each) => each.price);
  if (!smallest?.price) return <Trans>covered by a plan. All of them are under {billing}.</Trans>;
  const [plan, amount] = [planName(smallest.plan), formatPrice(smallest.price)];
  return (
    <Trans>
      covered by a plan; {plan} is {amount}. All of them are under {billing}.
    </Trans>
  );
}

/** What a new agent costs, and how many agents the account may still create. */
export function CostAndLimit() {
  const { data: me } = useMe();
  const left = me && me.agentLimit - me.agentCount;
  return (
    <div className="rounded-lg bg-hover px-3 py-2 text-sm">
      <p>
        <span className="font-medium">
          <Trans>Cost:</Trans>
        </span>{' '}
        <Cost me={me} /> <Trans>Your model provider bills the agent’s usage to your API key.</Trans>
      </p>
      <p className={left === 0 ? 'text-danger' : ''}>
        <span className="font-medium">
          <Trans>Limit:</Trans>
        </span>{' '}
        {!me
          ? '\u00a0'
          : left === 0
            ? t`you have ${me.agentCount} of ${me.agentLimit} agents; delete one first, or choose a larger plan.`
            : t`you have ${me.agentCount} of ${me.agentLimit} agents.`}
      </p>
    </div>
  );
}
