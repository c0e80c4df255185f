import { Readable } from 'node:stream';
import type { AccountAuditEntry, AuditEntryView } from '@agentbot/contracts';
import { csvLine } from '../../shared/csv.ts';
import type { Download } from '../../shared/streams.ts';

/** Rows per query: the file is never whole in memory. */
export const BATCH = 500;

/** An entry of a file; a file of all accounts has the account of each. */
type Exported = AuditEntryView & Partial<Pick<AccountAuditEntry, 'accountId' | 'accountEmail'>>;

/** The columns of a CSV file, and the fields that they hold. */
const accountColumns = { account_id: 'accountId', account_email: 'accountEmail' } as const;
const entryColumns = {
  seq: 'seq',
  at: 'at',
  actor: 'actor',
  user_id: 'userId',
  key_id: 'keyId',
  action: 'action',
  agent_id: 'agentId',
  target: 'target',
  outcome: 'outcome',
  status: 'status',
  code: 'code',
  ip: 'ip',
  user_agent: 'userAgent',
  request_id: 'requestId',
  prev_hash: 'prevHash',
  hash: 'hash',
} as const;
export const columnsOf: Record<'account' | 'all', Record<string, keyof Exported>> = {
  account: entryColumns,
  all: { ...accountColumns, ...entryColumns },
};

interface Wanted<Row> {
  format: 'ndjson' | 'csv';
  columns: Record<string, keyof Exported>;
  /** Reads at most `BATCH` entries behind a row, oldest first. */
  read: (after: Row | undefined) => Promise<Row[]>;
  viewOf: (row: Row) => Exported;
}

/**
 * Entries as a file of JSON lines or CSV, oldest first. They are read in batches; the first read happens before this returns, so
 * that its error reaches the caller.
 */
export async function auditFile<Row>({ format, columns, read, viewOf }: Wanted<Row>): Promise<Download> {
  const first = await read(undefined);
  const fields = Object.values(columns);
  const lineOf = (entry: Exported) =>
    format === 'csv' ? csvLine(fields.map((field) => entry[field] ?? '')) : `${JSON.stringify(entry)}\n`;
  const lines = async function* () {
    if (format === 'csv') yield csvLine(Object.keys(columns));
    for (let rows = first; rows.length; rows = rows.length < BATCH ? [] : await read(rows.at(-1))) {
      yield rows.map((row) => lineOf(viewOf(row))).join('');
    }
  };
  const type = format === 'csv' ? 'text/csv; charset=utf-8; header=present' : 'application/x-ndjson; charset=utf-8';
  return { content: Readable.from(lines()), name: `audit.${format}`, type };
}
