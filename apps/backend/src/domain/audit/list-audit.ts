import { AppError, type AuditFilters, type ListedAuditEntry, type Page } from '@agentbot/contracts';
import type { AuditEntry } from '../../generated/prisma/client.ts';
import type { Transaction } from '../../infra/database/database.ts';
import { type Actor, tenantOf, userOf } from '../../shared/actor.ts';
import type { Context } from '../context.ts';
import { viewOf, whereOf } from './audit-entries.ts';

type Slice = Pick<Context, 'database'>;

/** The sequence number in a cursor. @throws AppError INVALID_REQUEST when the cursor is malformed */
function seqOf(cursor: string): bigint {
  const seq = Buffer.from(cursor, 'base64url').toString();
  if (!/^\d{1,15}$/.test(seq)) throw new AppError('INVALID_REQUEST', 'Invalid cursor');
  return BigInt(seq);
}

/** The entries with the names of their agents. */
async function withNames(tx: Transaction, rows: AuditEntry[]): Promise<ListedAuditEntry[]> {
  const ids = new Set(rows.flatMap(({ agentId }) => agentId ?? []));
  const agents = await tx.agent.findMany({ where: { id: { in: [...ids] } }, select: { id: true, name: true } });
  const names = new Map(agents.map(({ id, name }) => [id, name]));
  return rows.map((row) => ({ ...viewOf(row), agentName: names.get(row.agentId ?? '') ?? null }));
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
    const entries = await withNames(tx, rows.slice(0, limit));
    const last = entries.at(-1);
    return rows.length > limit && last ? { entries, next: Buffer.from(String(last.seq)).toString('base64url') } : { entries };
  });
}
