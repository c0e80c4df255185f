'use client';

import type { AuditEntryView } from '@agentbot/contracts';
import { Download, ScrollText } from 'lucide-react';
import { buttonStyle } from '../../components/ui/button.tsx';
import { PageHeader } from '../../components/ui/card.tsx';
import { EmptyState } from '../../components/ui/empty-state.tsx';
import { LoadMore } from '../../components/ui/load-more.tsx';
import { Loading } from '../../components/ui/loading.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { Table } from '../../components/ui/table.tsx';
import { urlOf } from '../../lib/api/client.ts';
import { readPage } from '../../lib/api/read-page.ts';
import { formatTime } from '../../lib/format.ts';
import { usePages } from '../../lib/hooks/use-pages.ts';

const actors: Record<AuditEntryView['actor'], string> = {
  session: 'Dashboard',
  apiKey: 'API key',
  internal: 'Internal key',
  web: 'Sign-in page',
  platform: 'The platform',
};
const colours: Record<AuditEntryView['outcome'], string> = {
  done: 'text-good',
  repeated: 'text-muted',
  refused: 'text-warn',
  failed: 'text-danger',
  cancelled: 'text-muted',
  unknown: 'text-warn',
};
/** `deleteApiKey` → `delete api key`. */
const actionName = (action: string) =>
  action
    .replace(/^operation:/, '')
    .replace(/([A-Z])/g, ' $1')
    .toLowerCase();

/** The changes to the account and its agents, newest first. */
export function AuditLog() {
  const { pages, problem, reload, hasMore, loadMoreProblem, loadMore, busy } = usePages(['audit'], (cursor) =>
    readPage('listAudit', cursor),
  );
  const entries = pages?.flatMap((page) => page.entries) ?? [];
  return (
    <>
      <PageHeader
        title="Audit log"
        description="Every change to your account and your agents: who requested it, from where, and its outcome."
      >
        <a className={buttonStyle({ kind: 'plain' })} href={urlOf('exportAudit')} download="audit.jsonl">
          <Download aria-hidden className="size-4" /> Export
        </a>
      </PageHeader>
      <div className="mb-4 empty:hidden">
        <Problem onRetry={reload}>{problem}</Problem>
      </div>
      {!pages && !problem && <Loading rows={6} className="h-10" />}
      {pages && entries.length === 0 && (
        <EmptyState icon={ScrollText} title="Nothing yet" description="Changes that you or your programs make appear here." />
      )}
      {entries.length > 0 && (
        <Table label="Audit log" head={['Time', 'Action', 'Actor', 'Target', 'Outcome', 'IP address']}>
          {entries.map((entry) => (
            <tr key={entry.seq}>
              <td className="whitespace-nowrap">{formatTime(entry.at)}</td>
              <td className="whitespace-nowrap font-medium">{actionName(entry.action)}</td>
              <td className="whitespace-nowrap">{actors[entry.actor]}</td>
              <td className="break-all text-muted text-xs md:whitespace-nowrap">
                {[entry.agentId, entry.target].filter(Boolean).join(' / ') || '–'}
              </td>
              <td className={`whitespace-nowrap ${colours[entry.outcome]}`}>
                {entry.outcome === 'unknown' ? 'unknown: the request was interrupted' : entry.outcome}
                {entry.code && <span className="block text-xs">{entry.code.replaceAll('_', ' ').toLowerCase()}</span>}
              </td>
              <td className="whitespace-nowrap text-muted text-xs">{entry.ip ?? '–'}</td>
            </tr>
          ))}
        </Table>
      )}
      {hasMore && <LoadMore label="Earlier entries" busy={busy} problem={loadMoreProblem} onLoadMore={loadMore} />}
    </>
  );
}
