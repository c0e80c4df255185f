'use client';

import { ArrowLeft } from 'lucide-react';
import Link from 'next/link';
import { Card, Problem } from '../../components/ui/notice.tsx';
import { sentenceOf } from '../api.ts';
import { Chat } from '../chat/chat.tsx';
import { AgentDetails } from './agent-details.tsx';
import { DeleteAgent } from './delete-agent.tsx';
import { LifecycleButtons } from './lifecycle-buttons.tsx';
import { Stages } from './stages.tsx';
import { StatusBadge } from './status-badge.tsx';
import { useAgents, useOperations } from './use-agents.ts';

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
      <Link href="/agents" className="mb-2 inline-flex items-center gap-1 text-muted text-sm hover:text-ink">
        <ArrowLeft aria-hidden className="size-4" /> All agents
      </Link>
      <div className="mb-6 flex flex-wrap items-center gap-3">
        <h1 className="min-w-0 break-words font-semibold text-2xl">{agent.name}</h1>
        <StatusBadge status={agent.status} />
        <p className="text-muted text-sm">{agent.model}</p>
      </div>
      <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-[minmax(0,1fr)_20rem]">
        <Chat agentId={id} running={agent.status === 'running'} status={agent.status} />
        <div className="space-y-4">
          <Card title="State">
            <LifecycleButtons id={id} status={agent.status} />
            <AgentDetails id={id} status={agent.status} />
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
