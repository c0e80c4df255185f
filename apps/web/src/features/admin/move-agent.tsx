'use client';

import type { NodeView } from '@agentbot/contracts';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import { Button } from '../../components/ui/button.tsx';
import { Dialog } from '../../components/ui/dialog.tsx';
import { SelectField } from '../../components/ui/field.tsx';
import { api } from '../../lib/api/client.ts';
import { acceptedWithToast } from '../../lib/toast/with-toast.ts';

interface Props {
  agent: NodeView['agents'][number];
  /** The agent's node, and the others. */
  from: NodeView;
  others: NodeView[];
  onBegun: () => Promise<unknown>;
}

/** The dialog that moves an agent to another node; from its newest backup when its node cannot be used. */
export function MoveAgent({ agent, from, others, onBegun }: Props) {
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const fromBackup = from.problem !== null;

  async function move(event: React.SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    const node = String(new FormData(event.currentTarget).get('node'));
    setBusy(true);
    const body = { ...(node && { node }), ...(fromBackup && { fromBackup }) };
    const text = { pending: t`Beginning the move of ${agent.name}…`, success: t`${agent.name} is moving. Its page shows the stages` };
    if (await acceptedWithToast(api('moveAgent', { params: { id: agent.id }, body }), text)) setOpen(false);
    await onBegun();
    setBusy(false);
  }
  return (
    <>
      <Button kind="quiet" size="small" aria-label={t`Move ${agent.name}`} onClick={() => setOpen(true)}>
        <Trans>Move</Trans>
      </Button>
      <Dialog
        open={open}
        onOpenChange={setOpen}
        title={t`Move ${agent.name}?`}
        description={
          fromBackup
            ? t`Its node cannot be used, so the agent continues from its newest backup. What came after that backup is lost.`
            : t`The agent is stopped while its data moves. If it does not start there, it is put back on its node.`
        }
      >
        <form method="post" onSubmit={move} className="space-y-4">
          <SelectField
            label={t`Node`}
            name="node"
            defaultValue=""
            options={[
              ['', t`Let the swarm choose`],
              ...others
                .filter(({ problem, availability }) => !problem && availability === 'active')
                .map(({ id, name, address }) => [id, `${name} (${address})`] as const),
            ]}
          />
          <div className="flex flex-wrap justify-end gap-2">
            <Button kind="plain" onClick={() => setOpen(false)}>
              <Trans>Go back</Trans>
            </Button>
            <Button type="submit" kind={fromBackup ? 'danger' : 'primary'} busy={busy}>
              {fromBackup ? t`Continue from the newest backup` : t`Move`}
            </Button>
          </div>
        </form>
      </Dialog>
    </>
  );
}
