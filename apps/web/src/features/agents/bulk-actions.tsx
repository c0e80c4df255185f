'use client';

import type { OverviewRow } from '@agentbot/contracts';
import { useState } from 'react';
import { useSWRConfig } from 'swr';
import { Button } from '../../components/ui/button.tsx';
import { ConfirmButton } from '../../components/ui/confirm-button.tsx';
import { api } from '../../lib/api/client.ts';
import { withToast } from '../../lib/toast/with-toast.ts';

const actions = {
  Start: { id: 'startAgent', doing: 'Starting', done: 'running', when: ['stopped', 'error', 'pending'] },
  Stop: { id: 'stopAgent', doing: 'Stopping', done: 'stopped', when: ['running'] },
} as const;
type Action = keyof typeof actions;

const count = (agents: readonly unknown[]) => `${agents.length} ${agents.length === 1 ? 'agent' : 'agents'}`;

/** Runs a request for each agent, and tells how many failed. */
async function forEach(agents: readonly OverviewRow[], run: (id: string) => Promise<unknown>): Promise<void> {
  const results = await Promise.allSettled(agents.map(({ id }) => run(id)));
  const failed = agents.filter((_, index) => results[index]?.status === 'rejected');
  if (failed.length > 0) throw new Error(`${count(failed)} of ${agents.length} failed: ${failed.map(({ name }) => name).join(', ')}`);
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
    const { id, doing, done } = actions[action];
    setBusy(action);
    await withToast(
      forEach(agents, (agentId) => api(id, { params: { id: agentId } })),
      { pending: `${doing} ${count(agents)}…`, success: `${count(agents)} ${done}` },
    );
    setBusy(undefined);
  }
  async function remove() {
    const work = forEach(selected, (id) => api('deleteAgent', { params: { id } }));
    await withToast(work, { pending: `Deleting ${count(selected)}…`, success: `${count(selected)} deleted` });
    onClear();
    await Promise.all([mutate('overview'), mutate('me')]);
    return true;
  }
  return (
    <section
      aria-label="Selected agents"
      className="sticky top-14 z-20 mb-3 flex flex-wrap items-center gap-2 rounded-xl border border-accent bg-surface px-3 py-2 text-sm lg:top-2"
    >
      <p className="mr-auto" aria-live="polite">
        {selected.length} selected
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
            title={able.length === 0 ? `None of the selected agents can be ${actions[action].done}` : undefined}
            onClick={() => run(action, able)}
          >
            {action} {able.length}
          </Button>
        );
      })}
      <ConfirmButton
        size="small"
        action={`Delete ${selected.length}`}
        title={`Delete ${count(selected)}?`}
        description={`Containers, data and messages of these agents are deleted permanently: ${selected.map(({ name }) => name).join(', ')}. Type the number of agents to confirm.`}
        confirm="Delete forever"
        typed={{ label: 'Number of agents', value: String(selected.length) }}
        onConfirm={remove}
      />
      <Button kind="quiet" size="small" onClick={onClear}>
        Clear selection
      </Button>
    </section>
  );
}
