'use client';

import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Check } from 'lucide-react';
import Link from 'next/link';
import { useState } from 'react';
import { Button } from '../../components/ui/button.tsx';
import { Card, DescriptionList, PageHeader } from '../../components/ui/card.tsx';
import { Loading } from '../../components/ui/loading.tsx';
import { Hint, Problem } from '../../components/ui/notice.tsx';
import { api } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';
import { useAccountChanges } from '../../lib/hooks/use-account-changes.ts';
import { useMe } from '../../lib/hooks/use-me.ts';
import { usePlans } from '../../lib/hooks/use-plans.ts';
import { formatPrice, planAgents, planName, planSize } from '../../lib/plans.ts';
import { withToast } from '../../lib/toast/with-toast.ts';
import { RequestPlan } from './request-plan.tsx';

/** Tells an administrator why no plan is for sale. */
function PlansAreGranted() {
  return (
    <Hint>
      <Trans>
        Stripe is not configured, so no plan is for sale. As an administrator, you grant plans under{' '}
        <Link href="/admin/users" className="text-accent underline">
          Users
        </Link>
        .
      </Trans>
    </Hint>
  );
}

/** The account's plan, the plans for sale, and the link to the subscription. */
export function Billing() {
  const { data: me, error, mutate } = useMe();
  const { data: sale, error: saleError, mutate: reloadPlans } = usePlans();
  const [busy, setBusy] = useState<string>();
  useAccountChanges(true);
  if (error && !me) return <Problem onRetry={() => mutate()}>{errorMessage(error)}</Problem>;
  if (!me) return <Loading rows={2} className="h-40" />;

  async function openStripe(button: string, page: Promise<{ url: string }>) {
    setBusy(button);
    const answer = await withToast(page, { pending: t`Opening Stripe…`, success: t`Stripe is opening` });
    if (answer) location.assign(answer.url);
    else setBusy(undefined);
  }
  return (
    <>
      <PageHeader
        title={t`Plan and billing`}
        description={
          sale?.payments === 'none'
            ? t`Your account’s plan. The administrators of this installation grant plans.`
            : t`Your account’s plan. You pay at Stripe: this site never receives a card number.`
        }
      />
      <div className="space-y-4">
        {saleError && !sale && <Problem onRetry={() => reloadPlans()}>{errorMessage(saleError)}</Problem>}
        {sale?.payments === 'none' && me.admin && <PlansAreGranted />}
        <Card
          title={t`Your plan`}
          aside={
            sale?.payments === 'stripe' && (
              <Button kind="plain" busy={busy === 'portal'} onClick={() => openStripe('portal', api('openBillingPortal', {}))}>
                <Trans>Manage the subscription</Trans>
              </Button>
            )
          }
        >
          <DescriptionList
            rows={[
              [t`Plan`, me.plan ? planName(me.plan) : me.admin ? t`none: administrators need no plan` : t`none yet`],
              [t`Agents`, t`${me.agentCount} of ${me.agentLimit}`],
            ]}
          />
          {sale?.payments === 'none' && !me.admin && (
            <div className="mt-4 text-sm">
              <RequestPlan offers={sale.plans} current={me.plan} />
            </div>
          )}
        </Card>
        <ul className="grid grid-cols-[minmax(0,1fr)] gap-4 sm:grid-cols-2 xl:grid-cols-4" aria-label={t`Plans`}>
          {sale?.plans.map((offer) => {
            const { plan, tools } = offer;
            return (
              <li key={plan} className="flex">
                <Card title={planName(plan)} className={`flex-1 ${plan === me.plan ? 'border-accent' : ''}`}>
                  {sale.payments !== 'none' && (
                    <p className={`mb-3 min-h-6 ${offer.forSale ? 'font-medium' : 'text-muted'}`}>
                      {offer.price ? formatPrice(offer.price) : offer.forSale ? t`Stripe shows the price` : t`Not for sale here`}
                    </p>
                  )}
                  <ul className="mb-4 space-y-1.5 text-sm">
                    {[planAgents(offer), t`${{ size: planSize(offer) }} for each`, t`${{ tools: tools }} tools`].map((line) => (
                      <li key={line} className="flex gap-2">
                        <Check aria-hidden className="mt-0.5 size-4 shrink-0 text-good" />
                        {line}
                      </li>
                    ))}
                  </ul>
                  {plan !== me.plan && offer.forSale ? (
                    <Button
                      kind="plain"
                      busy={busy === plan}
                      aria-label={t`Choose ${planName(plan)}`}
                      onClick={() => openStripe(plan, api('startCheckout', { query: { plan } }))}
                    >
                      <Trans>Choose</Trans>
                    </Button>
                  ) : (
                    <p className="flex min-h-10 items-center text-muted text-sm">{plan === me.plan && t`Your plan`}</p>
                  )}
                </Card>
              </li>
            );
          })}
        </ul>
        {sale?.plans.some(({ limitedByHost }) => limitedByHost) && (
          <p className="text-muted text-sm">
            <Trans>Memory and CPUs are what an agent gets on this host. It has less than the largest plans allow.</Trans>
          </p>
        )}
      </div>
    </>
  );
}
