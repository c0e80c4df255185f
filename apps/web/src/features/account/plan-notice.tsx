'use client';

import Link from 'next/link';
import { Hint } from '../../components/ui/notice.tsx';
import { useMe } from '../../lib/hooks/use-me.ts';
import { usePlans } from '../../lib/hooks/use-plans.ts';

/** The result of a checkout, from the URL that Stripe redirects to. */
export type Checkout = 'done' | 'cancelled';

const checkoutText: Record<Checkout, string> = {
  done: 'Stripe has received your order. Your plan starts in a moment.',
  cancelled: 'The checkout was cancelled. You were not charged.',
};

/** Tells an account without a plan how to get one, and shows the result of a checkout. */
export function PlanNotice({ checkout }: { checkout?: Checkout | undefined }) {
  // Stripe's webhook reaches the backend within seconds of the payment: poll until it has.
  const { data: me } = useMe((known) => (checkout === 'done' && !known?.plan ? 2_000 : 0));
  const missing = me !== undefined && !me.plan && !me.admin;
  const { data: sale } = usePlans(missing);
  if (!me || (!missing && !checkout)) return null;
  return (
    <div className="mb-4">
      <Hint>
        {checkout && <p>{checkout === 'done' && me.plan ? `Thank you. Your account has the ${me.plan} plan.` : checkoutText[checkout]}</p>}
        {missing && checkout !== 'done' && (
          <p>
            Your account has no plan yet.{' '}
            {sale?.payments !== 'none' && (
              <>
                Choose one under{' '}
                <Link href="/account/billing" className="text-accent underline">
                  Plan and billing
                </Link>
                , or ask
              </>
            )}
            {sale?.payments === 'none' && 'Ask'} the administrator of this installation for one. Then you can create an agent.
          </p>
        )}
      </Hint>
    </div>
  );
}
