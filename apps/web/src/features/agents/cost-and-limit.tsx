'use client';

import type { Me } from '@agentbot/contracts';
import Link from 'next/link';
import { useMe } from '../../lib/hooks/use-me.ts';
import { usePlans } from '../../lib/hooks/use-plans.ts';
import { formatPrice, planName } from '../../lib/plans.ts';

const billing = (
  <Link href="/account/billing" className="text-accent underline">
    Plan and billing
  </Link>
);

/** What an agent costs the account, without the bill of the model provider. */
function Cost({ me }: { me: Me | undefined }) {
  const { data: sale } = usePlans();
  if (!me || !sale) return '\u00a0';
  const price = sale.plans.find(({ plan }) => plan === me.plan)?.price;
  if (me.plan) return `included in your plan ${planName(me.plan)}${price ? `, which is sold for ${formatPrice(price)}` : ''}.`;
  if (me.admin) return 'none: administrators need no plan.';
  if (sale.payments === 'none') return 'none, but you need a plan, which the administrator of this installation grants.';
  const smallest = sale.plans.find((each) => each.price);
  return (
    <>
      covered by a plan{smallest?.price && `; ${planName(smallest.plan)} is ${formatPrice(smallest.price)}`}. All of them are under{' '}
      {billing}.
    </>
  );
}

/** What a new agent costs, and how many agents the account may still create. */
export function CostAndLimit() {
  const { data: me } = useMe();
  const left = me && me.agentLimit - me.agentCount;
  return (
    <div className="rounded-lg bg-hover px-3 py-2 text-sm">
      <p>
        <span className="font-medium">Cost:</span> <Cost me={me} /> Your model provider bills the agent’s usage to your API key.
      </p>
      <p className={left === 0 ? 'text-danger' : ''}>
        <span className="font-medium">Limit:</span>{' '}
        {me
          ? `you have ${me.agentCount} of ${me.agentLimit} agents${left === 0 ? '; delete one first, or choose a larger plan' : ''}.`
          : '\u00a0'}
      </p>
    </div>
  );
}
