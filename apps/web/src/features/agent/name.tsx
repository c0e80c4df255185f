'use client';

import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type FormEvent, useState } from 'react';
import { Avatar } from '../../components/agent/avatar.tsx';
import { Button } from '../../components/ui/button.tsx';
import { Card } from '../../components/ui/card.tsx';
import { Field } from '../../components/ui/field.tsx';
import { api } from '../../lib/api/client.ts';
import { useAgent } from '../../lib/hooks/use-agent.ts';
import { useUnsavedWarning } from '../../lib/hooks/use-unsaved-warning.ts';
import { withToast } from '../../lib/toast/with-toast.ts';

/** The agent's name with its picture, and a form that renames it. */
export function Name({ id }: { id: string }) {
  const { data: agent, mutate } = useAgent(id);
  const [typed, setTyped] = useState<string>();
  const [busy, setBusy] = useState(false);
  const dirty = typed !== undefined && typed.trim() !== agent?.name;
  useUnsavedWarning(dirty);
  async function rename(event: FormEvent) {
    event.preventDefault();
    if (!typed) return;
    setBusy(true);
    const renamed = api('updateAgentMetadata', { params: { id }, body: { name: typed.trim() } });
    if (await withToast(renamed, { pending: t`Renaming the agent…`, success: t`The agent is renamed` })) {
      await mutate();
      setTyped(undefined);
    }
    setBusy(false);
  }
  return (
    <Card title={t`Name`} description={t`The picture is generated from the agent’s id and stays when the agent is renamed.`}>
      <form method="post" onSubmit={rename} className="flex flex-wrap items-end gap-3">
        <Avatar id={id} className="size-12" />
        <div className="min-w-48 flex-1">
          <Field
            label={t`Name`}
            required
            maxLength={100}
            value={typed ?? agent?.name ?? ''}
            onChange={({ target }) => setTyped(target.value)}
          />
        </div>
        <Button type="submit" busy={busy} disabled={!dirty || !typed?.trim()}>
          <Trans>Rename</Trans>
        </Button>
      </form>
    </Card>
  );
}
