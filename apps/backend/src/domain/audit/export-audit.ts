import { Readable } from 'node:stream';
import type { AuditFilters } from '@agentbot/contracts';
import { type Actor, tenantOf, userOf } from '../../shared/actor.ts';
import type { Download } from '../../shared/streams.ts';
import type { Context } from '../context.ts';
import { viewOf, whereOf } from './audit-entries.ts';

/** Rows per query: the file is never whole in memory. */
const BATCH = 500;

/**
 * The actor's own log, or the entries that match the filters, as a file of JSON lines, oldest first. The log is read in batches; the first read happens before this
 * returns, so that its error reaches the caller.
 */
export async function exportAudit({ database }: Pick<Context, 'database'>, actor: Actor, filters: AuditFilters): Promise<Download> {
  const ownerId = userOf(actor);
  const readBatch = (after: bigint) =>
    database.as(tenantOf(actor), (tx) =>
      tx.auditEntry.findMany({
        where: { ownerId, seq: { gt: after }, ...whereOf(filters) },
        orderBy: { seq: 'asc' },
        take: BATCH,
      }),
    );
  const first = await readBatch(0n);
  const lines = async function* () {
    for (let rows = first; rows.length; rows = rows.length < BATCH ? [] : await readBatch(rows.at(-1)?.seq ?? 0n)) {
      yield rows.map((row) => `${JSON.stringify(viewOf(row))}\n`).join('');
    }
  };
  return { content: Readable.from(lines()), name: 'audit.ndjson', type: 'application/x-ndjson; charset=utf-8' };
}
