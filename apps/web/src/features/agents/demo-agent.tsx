'use client';

import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { useSWRConfig } from 'swr';
import { Button } from '../../components/ui/button.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { api } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';
import { useMe } from '../../lib/hooks/use-me.ts';

/** A button that creates an agent on the demo model and opens its chat. It is missing for an account that needs a plan first. */
export function DemoAgent() {
  const router = useRouter();
  const { mutate } = useSWRConfig();
  const { data: me } = useMe();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  if (!me || me.needsPlan) return null;
  const plan = me.plan ?? 'solo';
  async function create() {
    setBusy(true);
    setProblem('');
    try {
      const { agent } = await api('provisionAgent', { body: { name: t`Demo agent`, model: 'demo', plan, wait: false } });
      void mutate('me');
      router.push(`/agents/${agent.id}/chat`);
    } catch (error) {
      setProblem(errorMessage(error));
      setBusy(false);
    }
  }
  return (
    <>
      <Button kind="plain" busy={busy} onClick={create}>
        <Trans>Try the demo agent</Trans>
      </Button>
      <p className="mt-2 text-muted text-xs">
        <Trans>The demo agent needs no key: it repeats what you write.</Trans>
      </p>
      <Problem>{problem}</Problem>
    </>
  );
}
