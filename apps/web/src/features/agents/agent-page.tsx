'use client';

import Link from 'next/link';
import useSWR from 'swr';
import { Card, Problem } from '../../components/ui/notice.tsx';
import { api, sentenceOf } from '../api.ts';
import { Chat } from '../chat/chat.tsx';
import { DeleteAgent } from './delete-agent.tsx';
import { LifecycleButtons } from './lifecycle-buttons.tsx';
import { Stages } from './stages.tsx';
import { StatusBadge } from './status-badge.tsx';
import { useAgents, useOperations } from './use-agents.ts';

function Details({ id, status }: { id: string; status: string }) {
  const { data } = useSWR(['agent', id, status], () => api('getAgent', { params: { id } }));
  if (!data) return null;
  const { agent } = data;
  const rows: [string, string][] = [
    ['Plan', agent.plan],
    ['OpenClaw', agent.openclawVersion ?? 'no container'],
    ['Started', agent.startedAt ? new Date(agent.startedAt).toLocaleString() : 'not running'],
    ['Address', agent.url],
  ];
  return (
    <dl className="mt-4 grid grid-cols-[auto_1fr] gap-x-4 gap-y-1.5 text-sm">
      {rows.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-muted">{name}</dt>
          <dd className="min-w-0 break-all">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** One agent: state, stages, chat, and what can be done with it. */
export function AgentPage({ id }: { id: string }) {
  const { data, error } = useAgents();
  const { data: log } = useOperations(id);
  const agent = data?.agents.find((each) => each.id === id);
  if (error && !data) return <Problem>{sentenceOf(error)}</Problem>;
  if (!data) return <p className="text-muted text-sm">Loading…</p>;
  if (!agent) {
    return (
      <p className="text-muted">
        This agent does not exist.{' '}
        <Link href="/agents" className="text-accent underline">
          Back to your agents
        </Link>
      </p>
    );
  }
  const newest = log?.operations[0];
  return (
    <>
      <div className="mb-6 flex flex-wrap items-center gap-3">
        <h1 className="min-w-0 break-words font-semibold text-2xl">{agent.name}</h1>
        <StatusBadge status={agent.status} />
      </div>
      <div className="grid items-start gap-4 lg:grid-cols-[1fr_20rem]">
        <Chat agentId={id} running={agent.status === 'running'} status={agent.status} />
        <div className="space-y-4">
          <Card title="State">
            <LifecycleButtons id={id} status={agent.status} />
            <Details id={id} status={agent.status} />
          </Card>
          {newest && (
            <Card title="Last operation">
              <Stages operation={newest} />
            </Card>
          )}
          <Card title="Danger zone">
            <DeleteAgent id={id} name={agent.name} />
          </Card>
        </div>
      </div>
    </>
  );
}
