import type { AuditFilters, ListedAuditEntry } from '@agentbot/contracts';

export const actors: Record<ListedAuditEntry['actor'], string> = {
  session: 'Dashboard',
  apiKey: 'API key',
  internal: 'Internal key',
  web: 'Sign-in page',
  platform: 'The platform',
};
export const outcomes = ['done', 'repeated', 'refused', 'failed', 'cancelled', 'unknown'] as const satisfies AuditFilters['outcome'][];

const words = (name: string) => name.replace(/([A-Z])/g, ' $1').toLowerCase();
/** `deleteApiKey` → `delete api key`, `operation:delete` → `delete operation`. */
export const actionName = (action: string) =>
  action.startsWith('operation:') ? `${words(action.slice('operation:'.length))} operation` : words(action);

export const filterNames = ['action', 'agentId', 'actor', 'outcome'] as const;
export type FilterName = (typeof filterNames)[number];
/** The chosen filters: as the page's URL holds them, and as the API takes them. */
export type Filters = Partial<Record<FilterName, string>>;

/** Reads the filters from a query. Empty values are ignored. */
export function readFilters(query: Pick<URLSearchParams, 'get'>): Filters {
  const given = filterNames.flatMap((name) => {
    const value = query.get(name);
    return value ? [[name, value]] : [];
  });
  return Object.fromEntries(given);
}

/** An entry, or successive chat messages with one agent. */
export type Row = { entry: ListedAuditEntry; chat?: ListedAuditEntry[] };

const isSameChat = (a: ListedAuditEntry, b: ListedAuditEntry) =>
  a.action === 'sendMessage' && b.action === 'sendMessage' && a.agentId === b.agentId;

/** The entries as rows: a run of messages with one agent is one row. */
export function rowsOf(entries: readonly ListedAuditEntry[]): Row[] {
  const rows: Row[] = [];
  for (const entry of entries) {
    const last = rows.at(-1);
    if (last && isSameChat(last.entry, entry)) last.chat = [...(last.chat ?? [last.entry]), entry];
    else rows.push({ entry });
  }
  return rows;
}
