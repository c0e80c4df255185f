'use client';

import type { MessageDescriptor } from '@lingui/core';
import { msg, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import dynamic from 'next/dynamic';
import Link from 'next/link';
import { useState } from 'react';
import { buttonStyle } from '../../components/ui/button-style.ts';
import { Hint } from '../../components/ui/notice.tsx';
import { useAccountChanges } from '../../lib/hooks/use-account-changes.ts';
import { useMe } from '../../lib/hooks/use-me.ts';
import { usePlans } from '../../lib/hooks/use-plans.ts';
import { say } from '../../lib/language/texts.ts';
import { planName } from '../../lib/plans.ts';

// Loaded for an account without a plan only: its dialog would weigh on the first page of everybody else.
const RequestPlan = dynamic(() => import('./request-plan.tsx').then((module) => module.RequestPlan), { ssr: false });

/** The result of a checkout, from the URL that Stripe redirects to. */
export type Checkout = 'done' | 'cancelled';

const checkoutText: Record<Checkout, MessageDescriptor> = {
  done: msg`Stripe has received your order. Your plan starts in a moment.`,
  cancelled: msg`The checkout was cancelled. You were not charged.`,
};

interface Props {
  checkout?: Checkout | undefined;
  /** Whether the page has no stream of its own, so that the notice opens one to hear of a granted plan. */
  live?: boolean;
}

/** Tells an account without a plan how to get one, says when it has got one, and shows the result of a checkout. */
export function PlanNotice({ checkout, live = false }: Props) {
  // Stripe's webhook reaches the backend within seconds of the payment: poll until it has.
  const { data: me } = useMe((known) => (checkout === 'done' && !known?.plan ? 2_000 : 0));
  const missing = me?.needsPlan ?? false;
  const [wasMissing, setWasMissing] = useState(false);
  if (missing && !wasMissing) setWasMissing(true);
  useAccountChanges(live && missing);
  const { data: sale } = usePlans(missing);
  if (!me || (!missing && !checkout && !wasMissing)) return null;
  const justGranted = !missing && wasMissing && me.plan && !checkout;
  return (
    <div className="mb-4 empty:hidden" role="status">
      {(checkout || missing || justGranted) && (
        <Hint>
          {checkout && (
            <p>
              {checkout === 'done' && me.plan ? t`Thank you. Your account has the plan ${planName(me.plan)}.` : say(checkoutText[checkout])}
            </p>
          )}
          {justGranted && me.plan && (
            <p>
              <Trans>Your account now has the plan {planName(me.plan)}. You can create an agent.</Trans>
            </p>
          )}
          {missing && checkout !== 'done' && (
            <div className="space-y-2">
              <p>
                <Trans>Your account has no plan yet. With a plan you can create agents.</Trans>
              </p>
              {sale?.payments === 'none' && <RequestPlan offers={sale.plans} current={me.plan} />}
              {sale?.payments === 'stripe' && (
                <Link href="/account/billing" className={buttonStyle({ size: 'small' })}>
                  <Trans>Choose a plan</Trans>
                </Link>
              )}
            </div>
          )}
        </Hint>
      )}
    </div>
  );
}
