'use client';

import type { Plan, PlanRequestView } from '@agentbot/contracts';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type FormEvent, useState } from 'react';
import useSWR from 'swr';
import { Button } from '../../components/ui/button.tsx';
import { Dialog } from '../../components/ui/dialog.tsx';
import { SelectField, TextAreaField } from '../../components/ui/field.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { RelativeTime } from '../../components/ui/relative-time.tsx';
import { api } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';
import { type PlanOffer, planName, planOptions } from '../../lib/plans.ts';

/** What became of the last request. */
function Answer({ request }: { request: PlanRequestView }) {
  const what = <strong className="font-medium">{planName(request.plan)}</strong>;
  if (request.state === 'open') {
    return (
      <p>
        <Trans>
          You requested the plan {what} <RelativeTime time={request.createdAt} />. An administrator will answer; this page then changes by
          itself.
        </Trans>
      </p>
    );
  }
  if (request.state === 'granted') return null;
  const { reason } = request;
  return (
    <p>
      {reason ? (
        <Trans>
          Your request for the plan {what} was refused: {reason}
        </Trans>
      ) : (
        <Trans>Your request for the plan {what} was refused.</Trans>
      )}
    </p>
  );
}

interface Props {
  /** The plans that can be requested. */
  offers: readonly PlanOffer[];
  /** The account's plan, which is not offered again. */
  current: Plan | null;
}

/** Requests a plan from the administrators, and shows what became of the last request. */
export function RequestPlan({ offers, current }: Props) {
  const { data, mutate } = useSWR('plan-request', () => api('getPlanRequest', {}));
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  if (!data) return null;

  async function send(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const message = String(form.get('message') ?? '').trim();
    setBusy(true);
    setProblem('');
    try {
      await api('requestPlan', { body: { plan: form.get('plan') as Plan, ...(message && { message }) } });
      await mutate();
      setOpen(false);
    } catch (error) {
      setProblem(errorMessage(error));
    }
    setBusy(false);
  }
  const options = planOptions(offers.filter(({ plan }) => plan !== current));
  return (
    <div className="space-y-2" aria-live="polite">
      {data.request && <Answer request={data.request} />}
      {data.request?.state !== 'open' && (
        <Button
          size="small"
          onClick={() => {
            setProblem('');
            setOpen(true);
          }}
        >
          <Trans>Request a plan</Trans>
        </Button>
      )}
      <Dialog
        open={open}
        onOpenChange={setOpen}
        title={t`Request a plan`}
        description={t`The administrators of this installation see your request and grant or refuse it.`}
      >
        <form method="post" onSubmit={send} className="space-y-4">
          <SelectField label={t`Plan`} name="plan" options={options} />
          <TextAreaField label={t`Message`} name="message" maxLength={500} hint={t`Optional. Say what you need the plan for.`} />
          <Problem>{problem}</Problem>
          <div className="flex flex-wrap justify-end gap-2">
            <Button kind="plain" onClick={() => setOpen(false)}>
              <Trans>Go back</Trans>
            </Button>
            <Button type="submit" busy={busy}>
              <Trans>Send request</Trans>
            </Button>
          </div>
        </form>
      </Dialog>
    </div>
  );
}
