'use client';

import { msg, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Download, ScrollText, SearchX } from 'lucide-react';
import { useSearchParams } from 'next/navigation';
import useSWR from 'swr';
import { Button } from '../../components/ui/button.tsx';
import { buttonStyle } from '../../components/ui/button-style.ts';
import { PageHeader } from '../../components/ui/card.tsx';
import { EmptyState } from '../../components/ui/empty-state.tsx';
import { LoadMore } from '../../components/ui/load-more.tsx';
import { Loading } from '../../components/ui/loading.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { api, urlOf } from '../../lib/api/client.ts';
import { readPage } from '../../lib/api/read-page.ts';
import { usePages } from '../../lib/hooks/use-pages.ts';
import { say } from '../../lib/language/texts.ts';
import { AuditFilterBar } from './audit-filters.tsx';
import { AuditRows } from './audit-rows.tsx';
import { type Changes, type Entry, readFilters } from './audit-view.ts';

/** Writes the filters into the page's URL, from which the page reads them. */
function setFilters(filters: Changes): void {
  const query = new URLSearchParams(Object.entries(filters).filter(([, value]) => value)).toString();
  window.history.replaceState(null, '', `${window.location.pathname}${query && `?${query}`}`);
}

/** The typed text of a filter arrives after a pause: the other filters may have changed since the last render. */
const change = (changes: Changes) => setFilters({ ...readFilters(new URLSearchParams(window.location.search)), ...changes });

interface Props {
  /** The actions that entries may have. */
  actions: readonly string[];
  /** The logs of all accounts, for administrators; else the log of the own one. */
  ofAllAccounts?: boolean;
}

const texts = {
  own: {
    title: msg`Audit log`,
    description: msg`Every change to your account and your agents: who requested it, from where, and its outcome.`,
    empty: msg`Changes that you or your programs make appear here.`,
  },
  all: {
    title: msg`Audit`,
    description: msg`Every change to any account and its agents: who requested it, from where, and its outcome. Contents are not recorded.`,
    empty: msg`Changes that users and programs make appear here.`,
  },
};

type AuditPage = { entries: Entry[]; next?: string | null | undefined };

/** The changes to the account and its agents, or to all accounts, newest first. */
export function AuditLog({ actions, ofAllAccounts = false }: Props) {
  const filters = readFilters(useSearchParams());
  const text = texts[ofAllAccounts ? 'all' : 'own'];
  const { pages, problem, reload, hasMore, loadMoreProblem, loadMore, busy } = usePages(
    [ofAllAccounts ? 'admin-audit' : 'audit', JSON.stringify(filters)],
    (cursor): Promise<AuditPage> =>
      ofAllAccounts
        ? api('listAllAudit', { query: { ...filters, ...(cursor && { cursor }) } })
        : readPage('listAudit', cursor, { query: filters }),
  );
  const { data: known } = useSWR(ofAllAccounts ? null : 'overview', () => api('listOverview', {}), { revalidateOnFocus: false });
  const entries = pages?.flatMap((page) => page.entries) ?? [];
  const isFiltered = Object.keys(filters).length > 0;
  const fileUrl = (format: 'csv' | 'ndjson') =>
    `${urlOf(ofAllAccounts ? 'exportAllAudit' : 'exportAudit')}?${new URLSearchParams({ ...filters, format })}`;
  return (
    <>
      <PageHeader title={say(text.title)} description={say(text.description)}>
        <div className="flex flex-wrap gap-2">
          <a className={buttonStyle({ kind: 'plain' })} href={fileUrl('csv')} download>
            <Download aria-hidden className="size-4" /> <Trans>Download CSV</Trans>
          </a>
          <a className={buttonStyle({ kind: 'plain' })} href={fileUrl('ndjson')} download>
            <Download aria-hidden className="size-4" /> <Trans>JSON lines</Trans>
          </a>
        </div>
      </PageHeader>
      <AuditFilterBar
        filters={filters}
        actions={actions}
        agents={ofAllAccounts ? undefined : (known?.agents.map(({ id, name }) => [id, name] as const) ?? [])}
        onChange={change}
        onClear={() => setFilters({})}
      />
      <div className="mb-4 empty:hidden">
        <Problem onRetry={reload}>{problem}</Problem>
      </div>
      {!pages && !problem && <Loading rows={6} className="h-10" />}
      {pages && entries.length === 0 && !isFiltered && (
        <EmptyState icon={ScrollText} title={t`Nothing yet`} description={say(text.empty)} />
      )}
      {pages && entries.length === 0 && isFiltered && (
        <EmptyState icon={SearchX} title={t`No entry matches`} description={t`The log has no entry that matches all chosen filters.`}>
          <Button kind="plain" onClick={() => setFilters({})}>
            <Trans>Show all entries</Trans>
          </Button>
        </EmptyState>
      )}
      {entries.length > 0 && <AuditRows entries={entries} />}
      {hasMore && <LoadMore label={t`Earlier entries`} busy={busy} problem={loadMoreProblem} onLoadMore={loadMore} />}
    </>
  );
}
