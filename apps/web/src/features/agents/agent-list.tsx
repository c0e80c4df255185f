'use client';

import type { OverviewRow } from '@agentbot/contracts';
import { Bot, Plus, SearchX } from 'lucide-react';
import Link from 'next/link';
import { type ReactNode, useDeferredValue, useMemo, useState } from 'react';
import { AccountBudgetHint } from '../../components/agent/account-budget-hint.tsx';
import { Button, buttonStyle } from '../../components/ui/button.tsx';
import { PageHeader } from '../../components/ui/card.tsx';
import { EmptyState } from '../../components/ui/empty-state.tsx';
import { controlStyle } from '../../components/ui/field.tsx';
import { Loading } from '../../components/ui/loading.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { errorMessage } from '../../lib/api/errors.ts';
import { AgentRows } from './agent-rows.tsx';
import { DemoAgent } from './demo-agent.tsx';
import { useLiveAgents } from './use-live-agents.ts';

function matches(agent: OverviewRow, words: string[]): boolean {
  const text = `${agent.name} ${agent.model} ${agent.plan} ${agent.id} ${agent.channels.join(' ')}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

const states = ['running', 'stopped', 'provisioning', 'updating', 'error', 'pending', 'deleting'] as const;

function FilteredAgents({ agents }: { agents: OverviewRow[] }) {
  const [text, setText] = useState('');
  const [state, setState] = useState('');
  const wanted = useDeferredValue(text);
  const found = useMemo(() => {
    const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
    return agents.filter((agent) => (!state || agent.status === state) && matches(agent, words));
  }, [agents, wanted, state]);
  const running = agents.filter(({ status }) => status === 'running').length;

  return (
    <>
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <input
          type="search"
          aria-label="Search agents"
          placeholder="Search by name, model, plan, channel or id"
          className={`${controlStyle} min-w-48 flex-1`}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <select
          aria-label="State"
          className={`${controlStyle} w-full sm:w-44`}
          value={state}
          onChange={(event) => setState(event.target.value)}
        >
          <option value="">All states</option>
          {states.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      </div>
      <p className="mb-3 text-muted text-sm" aria-live="polite">
        {found.length === agents.length
          ? `${agents.length} ${agents.length === 1 ? 'agent' : 'agents'}`
          : `${found.length} of ${agents.length} agents`}
        , {running} running
      </p>
      {found.length > 0 ? (
        <AgentRows agents={found} />
      ) : (
        <EmptyState icon={SearchX} title="No agent matches" description="No agent has these words and this state.">
          <Button
            kind="plain"
            onClick={() => {
              setText('');
              setState('');
            }}
          >
            Show all agents
          </Button>
        </EmptyState>
      )}
    </>
  );
}

interface Props {
  initial: OverviewRow[] | undefined;
  /** Shown above the list: the account's plan, or the result of a checkout. */
  notice: ReactNode;
  /** Shown below an empty list: what an administrator sets up first. */
  firstRun: ReactNode;
}

/** The account's budget as it is fullest for one of the agents: those of other plans may have another limit. */
const fullest = (agents: readonly OverviewRow[]) =>
  agents
    .map(({ budgets }) => budgets.account)
    .reduce((most, each) => (each && (!most || each.usedPercent > most.usedPercent) ? each : most), null);

/** The user's agents, updated live. */
export function AgentList({ initial, notice, firstRun }: Props) {
  const { agents, error, reload } = useLiveAgents(initial);
  return (
    <>
      <PageHeader title="Agents">
        <Link href="/agents/new" className={buttonStyle()}>
          <Plus aria-hidden className="size-4" /> New agent
        </Link>
      </PageHeader>
      {notice}
      {agents && (
        <div className="mb-4 empty:hidden">
          <AccountBudgetHint use={fullest(agents)} />
        </div>
      )}
      {error && <Problem onRetry={reload}>{errorMessage(error)}</Problem>}
      {!agents && !error && <Loading rows={4} />}
      {agents?.length === 0 && (
        <EmptyState
          icon={Bot}
          title="No agents yet"
          description="An agent is your own assistant, in its own container. Give it a name and a model, then talk to it here or on your channels."
        >
          <Link href="/agents/new" className={buttonStyle()}>
            Create your first agent
          </Link>
          <div className="mt-4">
            <DemoAgent />
          </div>
        </EmptyState>
      )}
      {agents?.length === 0 && <div className="mt-6 empty:hidden">{firstRun}</div>}
      {agents && agents.length > 0 && <FilteredAgents agents={agents} />}
    </>
  );
}
