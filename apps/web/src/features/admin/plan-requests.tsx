'use client';

import type { Plan, WaitingPlanRequest } from '@agentbot/contracts';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Inbox } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../components/ui/button.tsx';
import { PageHeader } from '../../components/ui/card.tsx';
import { Dialog } from '../../components/ui/dialog.tsx';
import { EmptyState } from '../../components/ui/empty-state.tsx';
import { controlStyle, Select, TextAreaField } from '../../components/ui/field.tsx';
import { Loading } from '../../components/ui/loading.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { RelativeTime } from '../../components/ui/relative-time.tsx';
import { api } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';
import { usePlanRequests } from '../../lib/hooks/use-plan-requests.ts';
import { planName } from '../../lib/plans.ts';
import { acceptedWithToast } from '../../lib/toast/with-toast.ts';
import { planNames } from './plan-names.ts';

const REFRESH_MS = 10_000;

function RequestRow({ request, onDecided }: { request: WaitingPlanRequest; onDecided: () => Promise<unknown> }) {
  const [plan, setPlan] = useState<Plan>(request.plan);
  const [busy, setBusy] = useState<'grant' | 'refuse'>();
  const [asking, setAsking] = useState(false);
  const [reason, setReason] = useState('');
  const params = { id: request.id };
  const wanted = planName(request.plan);
  const has = request.currentPlan ? planName(request.currentPlan) : t`no plan`;

  async function decide(how: 'grant' | 'refuse', work: () => Promise<unknown>, success: string): Promise<void> {
    setBusy(how);
    await acceptedWithToast(work(), { pending: how === 'grant' ? t`Granting the plan…` : t`Refusing the request…`, success });
    await onDecided();
    setBusy(undefined);
  }
  const grant = () =>
    decide('grant', () => api('grantPlanRequest', { params, body: { plan } }), t`${request.email} has the plan ${planName(plan)}`);
  const refuse = (text: string) =>
    decide(
      'refuse',
      () => api('refusePlanRequest', { params, body: text.trim() ? { reason: text } : {} }),
      t`The request of ${request.email} is refused`,
    );

  return (
    <li className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3 px-4 py-4 text-sm">
      <div className="min-w-0 max-w-xl space-y-1">
        <p className="wrap-anywhere font-medium">{request.name ? `${request.name} (${request.email})` : request.email}</p>
        <p className="text-muted text-xs">
          <Trans>
            wants {wanted} · has {has} · asked <RelativeTime time={request.createdAt} />
          </Trans>
        </p>
        {request.message && <p className="wrap-anywhere whitespace-pre-line">{request.message}</p>}
      </div>
      <div className="flex flex-wrap gap-2">
        <Select
          aria-label={t`Plan for ${request.email}`}
          className={`${controlStyle} w-32`}
          value={plan}
          onChange={(event) => setPlan(event.target.value as Plan)}
        >
          {planNames.map((each) => (
            <option key={each} value={each}>
              {planName(each)}
            </option>
          ))}
        </Select>
        <Button busy={busy === 'grant'} aria-label={t`Grant ${planName(plan)} to ${request.email}`} onClick={grant}>
          <Trans>Grant</Trans>
        </Button>
        <Button kind="danger" busy={busy === 'refuse'} aria-label={t`Refuse the request of ${request.email}`} onClick={() => refuse('')}>
          <Trans>Refuse</Trans>
        </Button>
        <Button kind="quiet" aria-label={t`Refuse with a reason… ${request.email}`} onClick={() => setAsking(true)}>
          <Trans>Refuse with a reason…</Trans>
        </Button>
      </div>
      <Dialog
        open={asking}
        onOpenChange={setAsking}
        title={t`Refuse the request of ${request.email}?`}
        description={t`The user sees the reason, and may ask again.`}
      >
        <TextAreaField label={t`Reason`} value={reason} maxLength={500} onChange={(event) => setReason(event.target.value)} />
        <div className="flex flex-wrap justify-end gap-2">
          <Button kind="plain" onClick={() => setAsking(false)}>
            <Trans>Go back</Trans>
          </Button>
          <Button kind="danger" busy={busy === 'refuse'} onClick={() => refuse(reason)}>
            <Trans>Refuse</Trans>
          </Button>
        </div>
      </Dialog>
    </li>
  );
}

/** The open requests for a plan. */
export function PlanRequests() {
  const { data, error, mutate } = usePlanRequests(REFRESH_MS);
  return (
    <>
      <PageHeader title={t`Plan requests`} description={t`Users who ask for a plan. Their page changes as soon as you answer.`} />
      {error && !data && <Problem onRetry={() => mutate()}>{errorMessage(error)}</Problem>}
      {!data && !error && <Loading rows={2} className="h-20" />}
      {data?.requests.length === 0 && (
        <EmptyState icon={Inbox} title={t`No open requests`} description={t`Requests for a plan appear here, the oldest first.`} />
      )}
      {data && data.requests.length > 0 && (
        <ul aria-label={t`Plan requests`} className="divide-y divide-line rounded-xl border border-line bg-surface">
          {data.requests.map((request) => (
            <RequestRow key={request.id} request={request} onDecided={() => mutate()} />
          ))}
        </ul>
      )}
    </>
  );
}
