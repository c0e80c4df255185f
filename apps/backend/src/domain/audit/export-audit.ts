import type { AuditFilters } from '@agentbot/contracts';
import { type Actor, tenantOf, userOf } from '../../shared/actor.ts';
import type { Download } from '../../shared/streams.ts';
import type { Context } from '../context.ts';
import { viewOf, whereOf } from './audit-entries.ts';
import { auditFile, BATCH, columnsOf } from './audit-file.ts';

/** The actor's own log, or the entries that match the filters, as a file. */
export async function exportAudit(
  { database }: Pick<Context, 'database'>,
  actor: Actor,
  { format, ...filters }: AuditFilters & { format: 'ndjson' | 'csv' },
): Promise<Download> {
  const ownerId = userOf(actor);
  return auditFile({
    format,
    columns: columnsOf.account,
    read: (after: { seq: bigint } | undefined) =>
      database.as(tenantOf(actor), (tx) =>
        tx.auditEntry.findMany({
          where: { ownerId, seq: { gt: after?.seq ?? 0n }, ...whereOf(filters) },
          orderBy: { seq: 'asc' },
          take: BATCH,
        }),
      ),
    viewOf,
  });
}
