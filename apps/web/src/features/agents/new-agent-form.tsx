'use client';

import { ApiError } from '@agentbot/contracts/client';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { type FormEvent, useState } from 'react';
import { useSWRConfig } from 'swr';
import { Button } from '../../components/ui/button.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { PlanNotice } from '../account/plan-notice.tsx';
import { useMe } from '../account/use-me.ts';
import { api, sentenceOf } from '../api.ts';
import { useHydrated } from '../use-hydrated.ts';
import { NewAgentFields } from './new-agent-fields.tsx';
import { provisionBody } from './provision-body.ts';

/** One page that makes an agent. */
export function NewAgentForm() {
  const router = useRouter();
  const { mutate } = useSWRConfig();
  const { data: me } = useMe();
  const hydrated = useHydrated();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  // An agent whose container did not come up exists all the same, and can be started again.
  const left = failure instanceof ApiError && typeof failure.body.agentId === 'string' ? failure.body.agentId : undefined;

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const body = provisionBody(new FormData(event.currentTarget));
    setBusy(true);
    setFailure(undefined);
    try {
      const { agent } = await api('provisionAgent', { body });
      router.push(`/agents/${agent.id}`);
    } catch (error) {
      setFailure(error);
      setBusy(false);
    }
    await Promise.all([mutate('agents'), mutate('me')]);
  }

  return (
    <div className="mx-auto max-w-lg">
      <h1 className="mb-1 font-semibold text-2xl">New agent</h1>
      <p className="mb-6 text-muted text-sm">
        It starts in a container of its own, usually within half a minute.
        {me && ` You have ${me.agentCount} of ${me.agentLimit} agents.`}
      </p>
      <PlanNotice />
      <form method="post" onSubmit={submit} className="flex flex-col gap-4 rounded-xl border border-line bg-surface p-5">
        <NewAgentFields />
        {failure !== undefined && (
          <Problem>
            {sentenceOf(failure)}{' '}
            {left && (
              <Link className="underline" href={`/agents/${left}`}>
                Open the agent
              </Link>
            )}
          </Problem>
        )}
        <Button type="submit" disabled={busy || !hydrated} aria-busy={busy}>
          {busy ? 'Creating…' : 'Create agent'}
        </Button>
        <p aria-live="polite" className="text-center text-muted text-sm empty:hidden">
          {busy && 'Your agent is being set up. This page moves on as soon as it is there.'}
        </p>
      </form>
    </div>
  );
}
