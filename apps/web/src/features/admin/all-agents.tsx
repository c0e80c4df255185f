'use client';

import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import { outcomeName } from '../../components/agent/outcome-name.ts';
import { stateName } from '../../components/agent/state-name.ts';
import { StatusBadge } from '../../components/agent/status-badge.tsx';
import { PageHeader } from '../../components/ui/card.tsx';
import { controlStyle, Select } from '../../components/ui/field.tsx';
import { LoadMore } from '../../components/ui/load-more.tsx';
import { Loading } from '../../components/ui/loading.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { RelativeTime } from '../../components/ui/relative-time.tsx';
import { SearchBox } from '../../components/ui/search-box.tsx';
import { Table } from '../../components/ui/table.tsx';
import { api } from '../../lib/api/client.ts';
import { usePages } from '../../lib/hooks/use-pages.ts';
import { planName } from '../../lib/plans.ts';

const states = ['running', 'stopped', 'provisioning', 'updating', 'error', 'pending', 'deleting'] as const;

/** The agents of all accounts. */
export function AllAgents() {
  const [q, setQ] = useState('');
  const [state, setState] = useState<(typeof states)[number] | ''>('');
  const { pages, problem, reload, hasMore, loadMoreProblem, loadMore, busy } = usePages(['admin-agents', q, state], (cursor) =>
    api('listAllAgents', { query: { ...(q && { q }), ...(state && { state }), ...(cursor && { cursor }) } }),
  );
  const agents = pages?.flatMap((page) => page.agents) ?? [];
  return (
    <>
      <PageHeader title={t`All agents`} description={t`The agents of all accounts of this installation.`} />
      <div className="mb-4 flex flex-wrap gap-2">
        <SearchBox label={t`Search by name, id or owner`} onSearch={setQ} />
        <Select
          aria-label={t`State`}
          className={`${controlStyle}`}
          value={state}
          onChange={(event) => setState(event.target.value as typeof state)}
        >
          <option value="">{t`All states`}</option>
          {states.map((each) => (
            <option key={each} value={each}>
              {stateName(each)}
            </option>
          ))}
        </Select>
      </div>
      <div className="mb-4 empty:hidden">
        <Problem onRetry={reload}>{problem}</Problem>
      </div>
      {!pages && !problem && <Loading rows={5} className="h-12" />}
      {pages && agents.length === 0 && (
        <p className="text-muted text-sm">
          <Trans>No agents found.</Trans>
        </p>
      )}
      {agents.length > 0 && (
        <Table label={t`Agents`} head={[t`Agent`, t`Owner`, t`State`, t`Model and plan`, t`Observed`, t`Created`]}>
          {agents.map((agent) => (
            <tr key={agent.id}>
              <td>
                <span className="font-medium">{agent.name}</span>
                <span className="block text-muted text-xs">{agent.id}</span>
              </td>
              <td>{agent.ownerEmail}</td>
              <td>
                <StatusBadge status={agent.status} />
                {agent.reason && <span className="mt-1 block min-w-48 text-danger text-xs">{agent.reason}</span>}
              </td>
              <td>
                {agent.model} · {planName(agent.plan)}
                <span className="block text-muted text-xs">{agent.image ?? t`no image yet`}</span>
              </td>
              <td className="whitespace-nowrap">
                {agent.observed ? (
                  <>
                    {outcomeName(agent.observed.state)}, <RelativeTime time={agent.observed.at} />
                  </>
                ) : (
                  '–'
                )}
              </td>
              <td className="whitespace-nowrap text-muted">
                <RelativeTime time={agent.createdAt} />
              </td>
            </tr>
          ))}
        </Table>
      )}
      {hasMore && <LoadMore label={t`More agents`} busy={busy} problem={loadMoreProblem} onLoadMore={loadMore} />}
    </>
  );
}
