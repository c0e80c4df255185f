'use client';

import type { OverviewRow } from '@agentbot/contracts';
import { msg, plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import { useSWRConfig } from 'swr';
import { Button } from '../../components/ui/button.tsx';
import { ConfirmButton } from '../../components/ui/confirm-button.tsx';
import { api } from '../../lib/api/client.ts';
import { say } from '../../lib/language/texts.ts';
import { withToast } from '../../lib/toast/with-toast.ts';

const actions = {
  Start: {
    id: 'startAgent',
    name: (count: number) => t`Start ${count}`,
    pending: (agents: string) => t`Starting ${agents}…`,
    success: (agents: string) => t`${agents} running`,
    unable: msg`None of the selected agents can be running`,
    when: ['stopped', 'error', 'pending'],
  },
  Stop: {
    id: 'stopAgent',
    name: (count: number) => t`Stop ${count}`,
    pending: (agents: string) => t`Stopping ${agents}…`,
    success: (agents: string) => t`${agents} stopped`,
    unable: msg`None of the selected agents can be stopped`,
    when: ['running'],
  },
} as const;
type Action = keyof typeof actions;

function countOf({ length: count }: readonly unknown[]): string {
  return plural(count, { one: `${count} agent`, other: `${count} agents` });
}

/** Runs a request for each agent, and tells how many failed. */
async function forEach(agents: readonly OverviewRow[], run: (id: string) => Promise<unknown>): Promise<void> {
  const results = await Promise.allSettled(agents.map(({ id }) => run(id)));
  const failed = agents.filter((_, index) => results[index]?.status === 'rejected');
  if (failed.length > 0)
    throw new Error(
      t`${{ failed: countOf(failed) }} of ${{ count: agents.length }} failed: ${{ names: failed.map(({ name }) => name).join(t`, `) }}`,
    );
}

interface Props {
  selected: readonly OverviewRow[];
  onClear: () => void;
}

/** What can be done with the selected agents. */
export function BulkActions({ selected, onClear }: Props) {
  const [busy, setBusy] = useState<Action>();
  const { mutate } = useSWRConfig();
  async function run(action: Action, agents: readonly OverviewRow[]) {
    const { id, pending, success } = actions[action];
    setBusy(action);
    await withToast(
      forEach(agents, (agentId) => api(id, { params: { id: agentId } })),
      { pending: pending(countOf(agents)), success: success(countOf(agents)) },
    );
    setBusy(undefined);
  }
  async function remove() {
    const agents = countOf(selected);
    const work = forEach(selected, (id) => api('deleteAgent', { params: { id } }));
    await withToast(work, { pending: t`Deleting ${agents}…`, success: t`${agents} deleted` });
    onClear();
    await Promise.all([mutate('overview'), mutate('me')]);
    return true;
  }
  return (
    <section
      aria-label={t`Selected agents`}
      className="sticky top-14 z-20 mb-3 flex flex-wrap items-center gap-2 rounded-xl border border-accent bg-surface px-3 py-2 text-sm lg:top-2"
    >
      <p className="mr-auto" aria-live="polite">
        <Trans>{selected.length} selected</Trans>
      </p>
      {(Object.keys(actions) as Action[]).map((action) => {
        const able = selected.filter(({ status }) => (actions[action].when as readonly string[]).includes(status));
        return (
          <Button
            key={action}
            kind="plain"
            size="small"
            busy={busy === action}
            disabled={able.length === 0}
            title={able.length === 0 ? say(actions[action].unable) : undefined}
            onClick={() => run(action, able)}
          >
            {actions[action].name(able.length)}
          </Button>
        );
      })}
      <ConfirmButton
        size="small"
        action={t`Delete ${selected.length}`}
        title={t`Delete ${{ agents: countOf(selected) }}?`}
        description={t`Containers, data and messages of these agents are deleted permanently: ${selected.map(({ name }) => name).join(', ')}. Type the number of agents to confirm.`}
        confirm={t`Delete forever`}
        typed={{ label: t`Number of agents`, value: String(selected.length) }}
        onConfirm={remove}
      />
      <Button kind="quiet" size="small" onClick={onClear}>
        <Trans>Clear selection</Trans>
      </Button>
    </section>
  );
}
