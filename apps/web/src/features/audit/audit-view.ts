import type { AccountAuditEntry, AccountAuditFilters, AuditFilters, ListedAuditEntry } from '@agentbot/contracts';
import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';
import { say } from '../../lib/language/texts.ts';
import { actionNames } from './action-names.ts';

export const actors: Record<ListedAuditEntry['actor'], MessageDescriptor> = {
  session: msg`Dashboard`,
  apiKey: msg`API key`,
  internal: msg`Internal key`,
  web: msg`Sign-in page`,
  platform: msg`The platform`,
};
export const outcomes = ['done', 'repeated', 'refused', 'failed', 'cancelled', 'unknown'] as const satisfies AuditFilters['outcome'][];

/** `deleteApiKey` → `delete api key`, `operation:delete` → `delete operation`. An action that no longer exists keeps its id. */
export function actionName(action: string): string {
  const name = actionNames[action];
  return name ? say(name) : action;
}

/** An entry of the own log, or of the logs of all accounts, which has its account. */
export type Entry = ListedAuditEntry & Partial<Pick<AccountAuditEntry, 'accountId' | 'accountEmail'>>;

/** The chosen filters. */
export type Filters = AccountAuditFilters;
/** Filters to change; an empty text removes one. */
export type Changes = { [Name in keyof Filters]?: string };

/** Reads the filters from the query of the page's URL. Empty values, and actors and outcomes that do not exist, are ignored. */
export function readFilters(query: Pick<URLSearchParams, 'get'>): Filters {
  const actor = (Object.keys(actors) as Entry['actor'][]).find((each) => each === query.get('actor'));
  const outcome = outcomes.find((each) => each === query.get('outcome'));
  const [account, action, agentId] = ['account', 'action', 'agentId'].map((name) => query.get(name));
  return {
    ...(account && { account }),
    ...(action && { action }),
    ...(agentId && { agentId }),
    ...(actor && { actor }),
    ...(outcome && { outcome }),
  };
}

/** An entry, or successive chat messages with one agent. */
export type Row = { entry: Entry; chat?: Entry[] };

const isSameChat = (a: Entry, b: Entry) =>
  a.action === 'sendMessage' && b.action === 'sendMessage' && a.agentId === b.agentId && a.accountId === b.accountId;

/** The entries as rows: a run of messages with one agent is one row. */
export function rowsOf(entries: readonly Entry[]): Row[] {
  const rows: Row[] = [];
  for (const entry of entries) {
    const last = rows.at(-1);
    if (last && isSameChat(last.entry, entry)) last.chat = [...(last.chat ?? [last.entry]), entry];
    else rows.push({ entry });
  }
  return rows;
}
