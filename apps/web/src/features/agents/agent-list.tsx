'use client';

import type { OverviewRow } from '@agentbot/contracts';
import type { MessageDescriptor } from '@lingui/core';
import { msg, plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Bot, Plus, SearchX } from 'lucide-react';
import dynamic from 'next/dynamic';
import Link from 'next/link';
import { type ReactNode, useCallback, useDeferredValue, useEffect, useMemo, useRef, useState } from 'react';
import { AccountBudgetHint } from '../../components/agent/account-budget-hint.tsx';
import { stateName } from '../../components/agent/state-name.ts';
import { Button } from '../../components/ui/button.tsx';
import { buttonStyle } from '../../components/ui/button-style.ts';
import { PageHeader } from '../../components/ui/card.tsx';
import { EmptyState } from '../../components/ui/empty-state.tsx';
import { controlStyle, Input, Select } from '../../components/ui/field.tsx';
import { Loading } from '../../components/ui/loading.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { errorMessage } from '../../lib/api/errors.ts';
import { locale, say } from '../../lib/language/texts.ts';
import { AgentRows } from './agent-rows.tsx';
import { agentsOf, type ListView, queryOf, readView, sorts, states, wholeList } from './list-view.ts';
import { useLiveAgents } from './use-live-agents.ts';

// Loaded for an empty list.
const DemoAgent = dynamic(() => import('./demo-agent.tsx').then((module) => module.DemoAgent), { ssr: false });
// Loaded when an agent is selected.
const BulkActions = dynamic(() => import('./bulk-actions.tsx').then((module) => module.BulkActions), { ssr: false });

const sortNames: Record<ListView['sort'], MessageDescriptor> = {
  newest: msg`Newest first`,
  name: msg`Name`,
  state: msg`State`,
  message: msg`Last message`,
  spent: msg`Spent today`,
};

/** The address follows the typed text after this pause: each change of it renders the page. */
const ADDRESS_MS = 500;

function FilteredAgents({ agents, query }: { agents: OverviewRow[]; query: string }) {
  const [view, setView] = useState(() => readView(new URLSearchParams(query)));
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set());
  const wanted = useDeferredValue(view);
  const language = locale();
  const found = useMemo(() => agentsOf(agents, wanted, language), [agents, wanted, language]);
  const selected = useMemo(() => agents.filter(({ id }) => ticked.has(id)), [agents, ticked]);
  const [shown, count] = [found.length, agents.length];
  const running = agents.filter(({ status }) => status === 'running').length;
  function change(part: Partial<ListView>) {
    const next = { ...view, ...part };
    setView(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => window.history.replaceState(null, '', `/agents${queryOf(next)}`), 'q' in part ? ADDRESS_MS : 0);
  }
  const tick = useCallback((id: string, on: boolean) => {
    setTicked((before) => new Set(on ? [...before, id] : [...before].filter((each) => each !== id)));
  }, []);

  return (
    <>
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <Input
          type="search"
          aria-label={t`Search agents`}
          placeholder={t`Search by name, model, plan, channel or id`}
          className={`${controlStyle} min-w-48 flex-1`}
          value={view.q}
          onChange={(event) => change({ q: event.target.value })}
        />
        <Select
          aria-label={t`State`}
          className={`${controlStyle} w-[calc(50%-0.25rem)] sm:w-40`}
          value={view.state}
          onChange={(event) => change({ state: event.target.value as ListView['state'] })}
        >
          <option value="">{t`All states`}</option>
          {states.map((each) => (
            <option key={each} value={each}>
              {stateName(each)}
            </option>
          ))}
        </Select>
        <Select
          aria-label={t`Sort by`}
          className={`${controlStyle} w-[calc(50%-0.25rem)] sm:w-40`}
          value={view.sort}
          onChange={(event) => change({ sort: event.target.value as ListView['sort'] })}
        >
          {sorts.map((each) => (
            <option key={each} value={each}>
              {say(sortNames[each])}
            </option>
          ))}
        </Select>
      </div>
      <div className="mb-3 flex min-h-6 items-center justify-between gap-3 text-muted text-sm">
        <p aria-live="polite">
          {shown === count
            ? t`${plural(count, { one: `${count} agent`, other: `${count} agents` })}, ${running} running`
            : t`${shown} of ${count} agents, ${running} running`}
        </p>
        {found.length > 0 && (
          <label className="flex items-center gap-2">
            <Input
              type="checkbox"
              className="accent-accent"
              checked={found.every(({ id }) => ticked.has(id))}
              onChange={({ target }) => setTicked(new Set(target.checked ? found.map(({ id }) => id) : []))}
            />
            <Trans>Select all</Trans>
          </label>
        )}
      </div>
      {selected.length > 0 && <BulkActions selected={selected} onClear={() => setTicked(new Set())} />}
      {found.length > 0 ? (
        <AgentRows agents={found} ticked={ticked} onTick={tick} />
      ) : (
        <EmptyState icon={SearchX} title={t`No agent matches`} description={t`No agent has these words and this state.`}>
          <Button kind="plain" onClick={() => change(wholeList)}>
            <Trans>Show all agents</Trans>
          </Button>
        </EmptyState>
      )}
    </>
  );
}

interface Props {
  initial: OverviewRow[] | undefined;
  /** The query of the page's address: search, state and order. */
  query: string;
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
export function AgentList({ initial, query, notice, firstRun }: Props) {
  const { agents, error, reload } = useLiveAgents(initial);
  return (
    <>
      <PageHeader title={t`Agents`}>
        <Link href="/agents/new" className={buttonStyle()}>
          <Plus aria-hidden className="size-4" /> <Trans>New agent</Trans>
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
          title={t`No agents yet`}
          description={t`An agent is your own assistant, in its own container. Give it a name and a model, then talk to it here or on your channels.`}
        >
          <Link href="/agents/new" className={buttonStyle()}>
            <Trans>Create your first agent</Trans>
          </Link>
          <div className="mt-4">
            <DemoAgent />
          </div>
        </EmptyState>
      )}
      {agents?.length === 0 && <div className="mt-6 empty:hidden">{firstRun}</div>}
      {agents && agents.length > 0 && <FilteredAgents agents={agents} query={query} />}
    </>
  );
}
