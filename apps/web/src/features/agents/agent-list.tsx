'use client';

import type { OverviewRow } from '@agentbot/contracts';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { Bot, Plus, SearchX } from 'lucide-react';
import Link from 'next/link';
import { type ReactNode, useDeferredValue, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { Button, buttonStyle } from '../../components/ui/button.tsx';
import { PageHeader } from '../../components/ui/card.tsx';
import { EmptyState } from '../../components/ui/empty-state.tsx';
import { controlStyle } from '../../components/ui/field.tsx';
import { Loading } from '../../components/ui/loading.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { errorMessage } from '../../lib/api/errors.ts';
import { AgentRow } from './agent-row.tsx';
import { useLiveAgents } from './use-live-agents.ts';

/** The height of a row in pixels, its gap included, on a desktop and on less: the same in the styles, which the server can tell. */
const heights = { wide: 100, narrow: 128 };
const heightStyle = '[--row:128px] lg:[--row:100px]';
/** Where `lg` begins. */
const WIDE = '(min-width: 64rem)';

function onWidth(listener: () => void) {
  const query = matchMedia(WIDE);
  query.addEventListener('change', listener);
  return () => query.removeEventListener('change', listener);
}
const useRowHeight = () =>
  useSyncExternalStore(
    onWidth,
    () => (matchMedia(WIDE).matches ? heights.wide : heights.narrow),
    () => heights.wide,
  );

function matches(agent: OverviewRow, words: string[]): boolean {
  const text = `${agent.name} ${agent.model} ${agent.plan} ${agent.id} ${agent.channels.join(' ')}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

/** The rows that are in sight; a thousand agents are no more work than ten. */
function Rows({ agents }: { agents: OverviewRow[] }) {
  const list = useRef<HTMLUListElement>(null);
  const height = useRowHeight();
  const rows = useWindowVirtualizer({
    count: agents.length,
    estimateSize: () => height,
    overscan: 6,
    scrollMargin: list.current?.offsetTop ?? 0,
    getItemKey: (index) => agents[index]?.id ?? index,
    initialRect: { width: 1024, height: 900 },
  });
  useEffect(() => rows.measure(), [rows, height]);
  return (
    <ul ref={list} className={`relative ${heightStyle}`} style={{ height: `calc(${agents.length} * var(--row))` }} aria-label="Agents">
      {rows.getVirtualItems().map(({ index, key }) => {
        const agent = agents[index];
        return (
          agent && (
            <li
              key={key}
              aria-setsize={agents.length}
              aria-posinset={index + 1}
              className="absolute inset-x-0 h-(--row) pb-3"
              style={{ transform: `translateY(calc(${index} * var(--row)))` }}
            >
              <AgentRow agent={agent} />
            </li>
          )
        );
      })}
    </ul>
  );
}

const states = ['running', 'stopped', 'provisioning', 'updating', 'error', 'pending', 'deleting'] as const;

function Found({ agents }: { agents: OverviewRow[] }) {
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
        <Rows agents={found} />
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
}

/** All agents of the user, live. */
export function AgentList({ initial, notice }: Props) {
  const { agents, error, reload } = useLiveAgents(initial);
  return (
    <>
      <PageHeader title="Agents">
        <Link href="/agents/new" className={buttonStyle()}>
          <Plus aria-hidden className="size-4" /> New agent
        </Link>
      </PageHeader>
      {notice}
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
        </EmptyState>
      )}
      {agents && agents.length > 0 && <Found agents={agents} />}
    </>
  );
}
