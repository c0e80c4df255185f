'use client';

import { Bot, Plus } from 'lucide-react';
import Link from 'next/link';
import { buttonStyle } from '../../components/ui/button.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { PlanNotice } from '../account/plan-notice.tsx';
import { sentenceOf } from '../api.ts';
import { StatusBadge } from './status-badge.tsx';
import { useAgents } from './use-agents.ts';

function Empty() {
  return (
    <div className="rounded-xl border border-line border-dashed px-6 py-16 text-center">
      <Bot aria-hidden className="mx-auto size-10 text-muted" />
      <h2 className="mt-4 font-semibold text-lg">No agents yet</h2>
      <p className="mx-auto mt-1 max-w-sm text-muted text-sm">
        An agent is an assistant of your own, in a container of its own. Give it a name and a model, and talk to it here or on your
        channels.
      </p>
      <Link href="/agents/new" className={buttonStyle({ className: 'mt-6' })}>
        Create your first agent
      </Link>
    </div>
  );
}

/** All agents of the user, live. */
export function AgentList() {
  const { data, error } = useAgents();
  return (
    <>
      <div className="mb-6 flex items-center justify-between gap-4">
        <h1 className="font-semibold text-2xl">Agents</h1>
        <Link href="/agents/new" className={buttonStyle({ className: 'whitespace-nowrap' })}>
          <Plus aria-hidden className="size-4" /> New agent
        </Link>
      </div>
      <PlanNotice />
      {!data && !error && <p className="text-muted text-sm">Loading…</p>}
      {error && <Problem>{sentenceOf(error)}</Problem>}
      {data?.agents.length === 0 && <Empty />}
      <ul className="grid grid-cols-[minmax(0,1fr)] gap-3 sm:grid-cols-2">
        {data?.agents.map((agent) => (
          <li key={agent.id}>
            <Link href={`/agents/${agent.id}`} className="block rounded-xl border border-line bg-surface p-4 hover:border-muted">
              <div className="flex items-start justify-between gap-3">
                <h2 className="min-w-0 truncate font-semibold">{agent.name}</h2>
                <StatusBadge status={agent.status} />
              </div>
              <p className="mt-2 truncate text-muted text-sm">
                {agent.model} · created {new Date(agent.createdAt).toLocaleDateString()}
              </p>
            </Link>
          </li>
        ))}
      </ul>
    </>
  );
}
