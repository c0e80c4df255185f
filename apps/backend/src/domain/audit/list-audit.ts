import { AppError, type AuditFilters, type ListedAuditEntry, type Page } from '@agentbot/contracts';
import { type Actor, tenantOf, userOf } from '../../shared/actor.ts';
import type { Context } from '../context.ts';
import { namesOf, viewOf, whereOf } from './audit-entries.ts';

type Slice = Pick<Context, 'database'>;

/** The sequence number in a cursor. @throws AppError INVALID_REQUEST when the cursor is malformed */
function seqOf(cursor: string): bigint {
  const seq = Buffer.from(cursor, 'base64url').toString();
  if (!/^\d{1,15}$/.test(seq)) throw new AppError('INVALID_REQUEST', 'Invalid cursor');
  return BigInt(seq);
}

/** One page of the actor's own log, or of the entries that match the filters, newest first. @returns `next` is the cursor of the next page, absent on the last page */
export async function listAudit(
  { database }: Slice,
  actor: Actor,
  { limit, cursor, ...filters }: Page & AuditFilters & { limit: number },
): Promise<{ entries: ListedAuditEntry[]; next?: string }> {
  const where = { ownerId: userOf(actor), ...whereOf(filters), ...(cursor && { seq: { lt: seqOf(cursor) } }) };
  return database.as(tenantOf(actor), async (tx) => {
    const rows = await tx.auditEntry.findMany({ where, orderBy: { seq: 'desc' }, take: limit + 1 });
    const names = await namesOf(tx, rows);
    const entries = rows.slice(0, limit).map((row) => ({ ...viewOf(row), agentName: names.get(row.agentId) ?? null }));
    const last = entries.at(-1);
    return rows.length > limit && last ? { entries, next: Buffer.from(String(last.seq)).toString('base64url') } : { entries };
  });
}
