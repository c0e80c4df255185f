import type { ListedAuditEntry } from '@agentbot/contracts';
import { t } from '@lingui/core/macro';
import { Plural } from '@lingui/react/macro';
import { ChevronDown, ChevronRight } from 'lucide-react';
import { useState } from 'react';
import { outcomeName } from '../../components/agent/outcome-name.ts';
import { Table } from '../../components/ui/table.tsx';
import { formatTime } from '../../lib/format.ts';
import { say } from '../../lib/language/texts.ts';
import { actionName, actors, type Entry, type Row, rowsOf } from './audit-view.ts';

const colours: Record<ListedAuditEntry['outcome'], string> = {
  done: 'text-good',
  repeated: 'text-muted',
  refused: 'text-warn',
  failed: 'text-danger',
  cancelled: 'text-muted',
  unknown: 'text-warn',
};

/** The agent by its name, a deleted one by its id, and what else the request names. For all accounts the id too, which filters. */
function Target({ of: { agentId, agentName, target, accountId } }: { of: Entry }) {
  if (!agentId && !target) return <span className="text-muted">–</span>;
  return (
    <span className="wrap-anywhere block max-w-64">
      {agentName}
      {(!agentName || accountId) && agentId && <span className="block text-muted text-xs">{agentId}</span>}
      {target && <span className="block text-muted text-xs">{target}</span>}
    </span>
  );
}

/** The account of an entry, where the list has several: a deleted one by its id. */
function AccountCell({ of: { accountId, accountEmail } }: { of: Entry }) {
  if (!accountId) return null;
  return (
    <td>
      <span className={`wrap-anywhere block max-w-56 ${accountEmail ? '' : 'text-muted text-xs'}`}>{accountEmail ?? accountId}</span>
    </td>
  );
}

/** Who requested it, and from which address. */
function Actor({ names, ips }: { names: string; ips: string }) {
  return (
    <td className="md:whitespace-nowrap">
      <span>
        {names}
        {ips && <span className="block text-muted text-xs">{ips}</span>}
      </span>
    </td>
  );
}

function Outcome({ of: { outcome, code } }: { of: Entry }) {
  return (
    <span className={colours[outcome]}>
      {outcome === 'unknown' ? t`unknown: the request was interrupted` : outcomeName(outcome)}
      {code && <span className="block text-xs">{code.replaceAll('_', ' ').toLowerCase()}</span>}
    </span>
  );
}

function EntryRow({ of: entry, nested }: { of: Entry; nested?: boolean }) {
  return (
    <tr className={nested ? 'bg-hover/50' : undefined}>
      <td className="whitespace-nowrap">{formatTime(entry.at)}</td>
      <td className="whitespace-nowrap font-medium">{actionName(entry.action)}</td>
      <td>
        <Target of={entry} />
      </td>
      <AccountCell of={entry} />
      <Actor names={say(actors[entry.actor])} ips={entry.ip ?? ''} />
      <td>
        <Outcome of={entry} />
      </td>
    </tr>
  );
}

/** How many messages have each outcome: `4 done, 1 failed`. */
function Outcomes({ of: entries }: { of: readonly Entry[] }) {
  const counts = new Map<ListedAuditEntry['outcome'], number>();
  for (const { outcome } of entries) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  return (
    <span>
      {[...counts].map(([outcome, count], index) => (
        <span key={outcome} className={colours[outcome]}>
          {index > 0 && t`, `}
          {count} {outcomeName(outcome)}
        </span>
      ))}
    </span>
  );
}

/** Each value once. */
const listOf = (values: readonly string[]) => [...new Set(values)].join(t`, `);

/** Successive messages as one row, which opens. */
function ChatRows({ entry, chat }: { entry: Entry; chat: readonly Entry[] }) {
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
            <Chevron aria-hidden className="size-4" /> <Plural value={chat.length} one="# chat message" other="# chat messages" />
          </button>
        </td>
        <td>
          <Target of={entry} />
        </td>
        <AccountCell of={entry} />
        <Actor names={listOf(chat.map(({ actor }) => say(actors[actor])))} ips={listOf(chat.flatMap(({ ip }) => ip ?? []))} />
        <td>
          <Outcomes of={chat} />
        </td>
      </tr>
      {open && chat.map((each) => <EntryRow key={each.hash} of={each} nested />)}
    </>
  );
}

const keyOf = ({ entry, chat }: Row) => (chat ?? [entry]).at(0)?.hash;

/** The entries as a table. Successive chat messages with one agent are folded into one row. */
export function AuditRows({ entries }: { entries: readonly Entry[] }) {
  return (
    <Table
      label={t`Audit log`}
      head={[t`Time`, t`Action`, t`Target`, ...(entries[0]?.accountId ? [t`Account`] : []), t`Actor`, t`Outcome`]}
    >
      {rowsOf(entries).map((row) =>
        row.chat ? <ChatRows key={keyOf(row)} entry={row.entry} chat={row.chat} /> : <EntryRow key={keyOf(row)} of={row.entry} />,
      )}
    </Table>
  );
}
