import { Readable } from 'node:stream';
import { AppError, type AuditEntryView } from '@agentbot/contracts';
import type { AuditEntry } from '../../generated/prisma/client.ts';
import { type Actor, tenantOf, userOf } from '../../shared/actor.ts';
import type { Download } from '../../shared/streams.ts';
import type { Context } from '../context.ts';

const BATCH = 500;

type Slice = Pick<Context, 'database'>;

function view(row: AuditEntry): AuditEntryView {
  const {
    seq,
    at,
    actorKind,
    actorId: userId,
    keyId,
    action,
    agentId,
    target,
    outcome,
    status,
    code,
    ip,
    userAgent,
    requestId,
    prevHash,
    hash,
  } = row;
  const actor = actorKind as AuditEntryView['actor'];
  return {
    seq: Number(seq),
    at: at.toISOString(),
    actor,
    userId,
    keyId,
    action,
    agentId,
    target,
    outcome: outcome as AuditEntryView['outcome'],
    status,
    code,
    ip,
    userAgent,
    requestId,
    prevHash,
    hash,
  };
}

/** The sequence number in a cursor. @throws AppError INVALID_REQUEST when the cursor is malformed */
function seqOf(cursor: string): bigint {
  const seq = Buffer.from(cursor, 'base64url').toString();
  if (!/^\d{1,15}$/.test(seq)) throw new AppError('INVALID_REQUEST', 'Invalid cursor');
  return BigInt(seq);
}

/** One page of the actor's own log, newest first. @returns `next` is the cursor of the next page, absent on the last page */
export async function listAudit(
  { database }: Slice,
  actor: Actor,
  { limit, cursor, agentId }: { limit: number; cursor?: string | undefined; agentId?: string | undefined },
): Promise<{ entries: AuditEntryView[]; next?: string }> {
  const where = { ownerId: userOf(actor), ...(agentId && { agentId }), ...(cursor && { seq: { lt: seqOf(cursor) } }) };
  const rows = await database.as(tenantOf(actor), (tx) => tx.auditEntry.findMany({ where, orderBy: { seq: 'desc' }, take: limit + 1 }));
  const entries = rows.slice(0, limit).map(view);
  const last = entries.at(-1);
  return rows.length > limit && last ? { entries, next: Buffer.from(String(last.seq)).toString('base64url') } : { entries };
}

/**
 * The actor's whole log as a file of JSON lines, oldest first. The log is read in batches; the first read happens before this
 * returns, so that its error reaches the caller.
 */
export async function exportAudit({ database }: Slice, actor: Actor, agentId?: string): Promise<Download> {
  const ownerId = userOf(actor);
  const readBatch = (after: bigint) =>
    database.as(tenantOf(actor), (tx) =>
      tx.auditEntry.findMany({
        where: { ownerId, seq: { gt: after }, ...(agentId && { agentId }) },
        orderBy: { seq: 'asc' },
        take: BATCH,
      }),
    );
  const first = await readBatch(0n);
  const lines = async function* () {
    for (let rows = first; rows.length; rows = rows.length < BATCH ? [] : await readBatch(rows.at(-1)?.seq ?? 0n)) {
      yield rows.map((row) => `${JSON.stringify(view(row))}\n`).join('');
    }
  };
  return { content: Readable.from(lines()), name: 'audit.ndjson', type: 'application/x-ndjson; charset=utf-8' };
}
