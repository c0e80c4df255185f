import type { ListedAuditEntry } from '@agentbot/contracts';
import { ChevronDown, ChevronRight } from 'lucide-react';
import { useState } from 'react';
import { Table } from '../../components/ui/table.tsx';
import { formatTime } from '../../lib/format.ts';
import { actionName, actors, type Row, rowsOf } from './audit-view.ts';

const colours: Record<ListedAuditEntry['outcome'], string> = {
  done: 'text-good',
  repeated: 'text-muted',
  refused: 'text-warn',
  failed: 'text-danger',
  cancelled: 'text-muted',
  unknown: 'text-warn',
};

/** The agent by its name, a deleted one by its id, and what else the request names. */
function Target({ of: { agentId, agentName, target } }: { of: ListedAuditEntry }) {
  if (!agentId && !target) return <span className="text-muted">–</span>;
  return (
    <span className="wrap-anywhere block max-w-64">
      {agentName ?? <span className="text-muted text-xs">{agentId}</span>}
      {target && <span className="block text-muted text-xs">{target}</span>}
    </span>
  );
}

function Outcome({ of: { outcome, code } }: { of: ListedAuditEntry }) {
  return (
    <span className={colours[outcome]}>
      {outcome === 'unknown' ? 'unknown: the request was interrupted' : outcome}
      {code && <span className="block text-xs">{code.replaceAll('_', ' ').toLowerCase()}</span>}
    </span>
  );
}

function EntryRow({ of: entry, nested }: { of: ListedAuditEntry; nested?: boolean }) {
  return (
    <tr className={nested ? 'bg-hover/50' : undefined}>
      <td className="whitespace-nowrap">{formatTime(entry.at)}</td>
      <td className="whitespace-nowrap font-medium">{actionName(entry.action)}</td>
      <td>
        <Target of={entry} />
      </td>
      <td className="whitespace-nowrap">{actors[entry.actor]}</td>
      <td>
        <Outcome of={entry} />
      </td>
      <td className="whitespace-nowrap text-muted text-xs">{entry.ip ?? '–'}</td>
    </tr>
  );
}

/** How many messages have each outcome: `4 done, 1 failed`. */
function Outcomes({ of: entries }: { of: readonly ListedAuditEntry[] }) {
  const counts = new Map<ListedAuditEntry['outcome'], number>();
  for (const { outcome } of entries) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  return (
    <span>
      {[...counts].map(([outcome, count], index) => (
        <span key={outcome} className={colours[outcome]}>
          {index > 0 && ', '}
          {count} {outcome}
        </span>
      ))}
    </span>
  );
}

const inOrder = (values: readonly string[]) => [...new Set(values)].join(', ');

/** Successive messages as one row, which opens. */
function ChatRows({ entry, chat }: { entry: ListedAuditEntry; chat: readonly ListedAuditEntry[] }) {
  const [open, setOpen] = useState(false);
  const Chevron = open ? ChevronDown : ChevronRight;
  return (
    <>
      <tr>
        <td className="whitespace-nowrap">{formatTime(entry.at)}</td>
        <td className="whitespace-nowrap font-medium">
          <button
            type="button"
            aria-expanded={open}
            className="-ml-1.5 inline-flex cursor-pointer items-center gap-1 rounded-sm hover:underline"
            onClick={() => setOpen(!open)}
          >
            <Chevron aria-hidden className="size-4" /> {chat.length} chat messages
          </button>
        </td>
        <td>
          <Target of={entry} />
        </td>
        <td>{inOrder(chat.map(({ actor }) => actors[actor]))}</td>
        <td>
          <Outcomes of={chat} />
        </td>
        <td className="text-muted text-xs">{inOrder(chat.map(({ ip }) => ip ?? '–'))}</td>
      </tr>
      {open && chat.map((each) => <EntryRow key={each.seq} of={each} nested />)}
    </>
  );
}

const keyOf = ({ entry, chat }: Row) => (chat ?? [entry]).at(0)?.hash;

/** The entries as a table. Successive chat messages with one agent are folded into one row. */
export function AuditRows({ entries }: { entries: readonly ListedAuditEntry[] }) {
  return (
    <Table label="Audit log" head={['Time', 'Action', 'Target', 'Actor', 'Outcome', 'IP address']}>
      {rowsOf(entries).map((row) =>
        row.chat ? <ChatRows key={keyOf(row)} entry={row.entry} chat={row.chat} /> : <EntryRow key={keyOf(row)} of={row.entry} />,
      )}
    </Table>
  );
}
