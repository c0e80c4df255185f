'use client';

import { Download, ScrollText, SearchX } from 'lucide-react';
import { useSearchParams } from 'next/navigation';
import useSWR from 'swr';
import { Button, buttonStyle } from '../../components/ui/button.tsx';
import { PageHeader } from '../../components/ui/card.tsx';
import { EmptyState } from '../../components/ui/empty-state.tsx';
import { LoadMore } from '../../components/ui/load-more.tsx';
import { Loading } from '../../components/ui/loading.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { api, urlOf } from '../../lib/api/client.ts';
import { readPage } from '../../lib/api/read-page.ts';
import { usePages } from '../../lib/hooks/use-pages.ts';
import { AuditFilterBar } from './audit-filters.tsx';
import { AuditRows } from './audit-rows.tsx';
import { type Filters, readFilters } from './audit-view.ts';

/** Writes the filters into the page's URL, from which the page reads them. */
function setFilters(filters: Filters): void {
  const query = new URLSearchParams(Object.entries(filters).filter(([, value]) => value)).toString();
  window.history.replaceState(null, '', `${window.location.pathname}${query && `?${query}`}`);
}

/** The changes to the account and its agents, newest first. @param actions that entries may have */
export function AuditLog({ actions }: { actions: readonly string[] }) {
  const filters = readFilters(useSearchParams());
  const { pages, problem, reload, hasMore, loadMoreProblem, loadMore, busy } = usePages(['audit', JSON.stringify(filters)], (cursor) =>
    readPage('listAudit', cursor, { query: filters }),
  );
  const { data: known } = useSWR('overview', () => api('listOverview', {}), { revalidateOnFocus: false });
  const entries = pages?.flatMap((page) => page.entries) ?? [];
  const isFiltered = Object.keys(filters).length > 0;
  const fileUrl = (format: 'csv' | 'ndjson') => `${urlOf('exportAudit')}?${new URLSearchParams({ ...filters, format })}`;
  return (
    <>
      <PageHeader
        title="Audit log"
        description="Every change to your account and your agents: who requested it, from where, and its outcome."
      >
        <div className="flex flex-wrap gap-2">
          <a className={buttonStyle({ kind: 'plain' })} href={fileUrl('csv')} download>
            <Download aria-hidden className="size-4" /> Download CSV
          </a>
          <a className={buttonStyle({ kind: 'plain' })} href={fileUrl('ndjson')} download>
            <Download aria-hidden className="size-4" /> JSON lines
          </a>
        </div>
      </PageHeader>
      <AuditFilterBar
        filters={filters}
        actions={actions}
        agents={known?.agents.map(({ id, name }) => [id, name] as const) ?? []}
        onChange={(changes) => setFilters({ ...filters, ...changes })}
        onClear={() => setFilters({})}
      />
      <div className="mb-4 empty:hidden">
        <Problem onRetry={reload}>{problem}</Problem>
      </div>
      {!pages && !problem && <Loading rows={6} className="h-10" />}
      {pages && entries.length === 0 && !isFiltered && (
        <EmptyState icon={ScrollText} title="Nothing yet" description="Changes that you or your programs make appear here." />
      )}
      {pages && entries.length === 0 && isFiltered && (
        <EmptyState icon={SearchX} title="No entry matches" description="The log has no entry that matches all chosen filters.">
          <Button kind="plain" onClick={() => setFilters({})}>
            Show all entries
          </Button>
        </EmptyState>
      )}
      {entries.length > 0 && <AuditRows entries={entries} />}
      {hasMore && <LoadMore label="Earlier entries" busy={busy} problem={loadMoreProblem} onLoadMore={loadMore} />}
    </>
  );
}
