import { Readable } from 'node:stream';
import type { AuditEntryView, AuditFilters } from '@agentbot/contracts';
import { type Actor, tenantOf, userOf } from '../../shared/actor.ts';
import { csvLine } from '../../shared/csv.ts';
import type { Download } from '../../shared/streams.ts';
import type { Context } from '../context.ts';
import { viewOf, whereOf } from './audit-entries.ts';

/** Rows per query: the file is never whole in memory. */
const BATCH = 500;

/** The columns of the CSV file, and the fields that they hold. */
const columns: readonly (readonly [column: string, field: keyof AuditEntryView])[] = [
  ['seq', 'seq'],
  ['at', 'at'],
  ['actor', 'actor'],
  ['user_id', 'userId'],
  ['key_id', 'keyId'],
  ['action', 'action'],
  ['agent_id', 'agentId'],
  ['target', 'target'],
  ['outcome', 'outcome'],
  ['status', 'status'],
  ['code', 'code'],
  ['ip', 'ip'],
  ['user_agent', 'userAgent'],
  ['request_id', 'requestId'],
  ['prev_hash', 'prevHash'],
  ['hash', 'hash'],
];

interface Format {
  name: string;
  type: string;
  head: string;
  lineOf: (entry: AuditEntryView) => string;
}
const formats: Record<'ndjson' | 'csv', Format> = {
  ndjson: {
    name: 'audit.ndjson',
    type: 'application/x-ndjson; charset=utf-8',
    head: '',
    lineOf: (entry) => `${JSON.stringify(entry)}\n`,
  },
  csv: {
    name: 'audit.csv',
    type: 'text/csv; charset=utf-8; header=present',
    head: csvLine(columns.map(([column]) => column)),
    lineOf: (entry) => csvLine(columns.map(([, field]) => entry[field] ?? '')),
  },
};

/**
 * The actor's own log, or the entries that match the filters, as a file, oldest first. The log is read in batches; the first read
 * happens before this returns, so that its error reaches the caller.
 */
export async function exportAudit(
  { database }: Pick<Context, 'database'>,
  actor: Actor,
  { format, ...filters }: AuditFilters & { format: keyof typeof formats },
): Promise<Download> {
  const ownerId = userOf(actor);
  const readBatch = (after: bigint) =>
    database.as(tenantOf(actor), (tx) =>
      tx.auditEntry.findMany({ where: { ownerId, seq: { gt: after }, ...whereOf(filters) }, orderBy: { seq: 'asc' }, take: BATCH }),
    );
  const first = await readBatch(0n);
  const { name, type, head, lineOf } = formats[format];
  const lines = async function* () {
    if (head) yield head;
    for (let rows = first; rows.length; rows = rows.length < BATCH ? [] : await readBatch(rows.at(-1)?.seq ?? 0n)) {
      yield rows.map((row) => lineOf(viewOf(row))).join('');
    }
  };
  return { content: Readable.from(lines()), name, type };
}
