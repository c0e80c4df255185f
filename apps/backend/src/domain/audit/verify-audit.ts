import type { Database } from '../../infra/database/database.ts';
import { entryHash } from './entry-hash.ts';

const BATCH = 1_000;
/** The owner of the register: a chain whose entries name every other chain (migration `audit_register`). */
export const REGISTER = '@chains';

export interface VerifiedChain {
  ownerId: string;
  entries: number;
  /** Hash of the last entry. A copy kept elsewhere reveals later whether the whole chain was rewritten. */
  hash: string;
  /** The first problem; undefined when the chain is intact. */
  problem: string | undefined;
}

/** Checks one owner's chain from its first entry to its head. */
async function verifyChain(database: Database, head: { ownerId: string; seq: bigint; hash: string }): Promise<VerifiedChain> {
  const { ownerId } = head;
  let seq = 0n;
  let hash = '';
  const broken = (problem: string) => ({ ownerId, entries: Number(seq), hash, problem });
  for (;;) {
    const rows = await database.as('service', (tx) =>
      tx.auditEntry.findMany({ where: { ownerId, seq: { gt: seq, lte: head.seq } }, orderBy: { seq: 'asc' }, take: BATCH }),
    );
    for (const row of rows) {
      if (row.seq !== seq + 1n) return broken(`entry ${seq + 1n} is missing`);
      if (row.prevHash !== hash) return broken(`entry ${row.seq} does not follow the one before it`);
      if (row.hash !== entryHash(row)) return broken(`entry ${row.seq} was changed`);
      ({ seq, hash } = row);
    }
    if (rows.length < BATCH) break;
  }
  if (seq !== head.seq) return broken(`entry ${seq + 1n} is missing`);
  return hash === head.hash
    ? { ownerId, entries: Number(seq), hash, problem: undefined }
    : broken('the last entry does not match the head of the chain');
}

/** Checks every chain of the audit log. Entries that are appended during the check are not read. */
export async function* verifyAudit(database: Database): AsyncIterable<VerifiedChain> {
  const { heads, headless, surplus, unmatched } = await database.as('service', async (tx) => ({
    heads: await tx.auditHead.findMany({ orderBy: { ownerId: 'asc' } }),
    headless: await tx.$queryRaw<{ ownerId: string }[]>`
      SELECT DISTINCT owner_id AS "ownerId" FROM audit_log l WHERE NOT EXISTS (SELECT 1 FROM audit_heads h WHERE h.owner_id = l.owner_id)`,
    // One statement, so that an entry that is appended meanwhile is seen together with its head.
    surplus: await tx.$queryRaw<{ ownerId: string; seq: bigint }[]>`
      SELECT l.owner_id AS "ownerId", min(l.seq) AS seq FROM audit_log l JOIN audit_heads h USING (owner_id) WHERE l.seq > h.seq GROUP BY 1`,
    unmatched: await tx.$queryRaw<{ ownerId: string; isRegistered: boolean }[]>`
      SELECT coalesce(h.owner_id, r.target) AS "ownerId", r.target IS NOT NULL AS "isRegistered"
      FROM audit_heads h FULL JOIN (SELECT DISTINCT target FROM audit_log WHERE owner_id = ${REGISTER}) r ON r.target = h.owner_id
      WHERE (h.owner_id IS NULL OR r.target IS NULL) AND h.owner_id IS DISTINCT FROM ${REGISTER} ORDER BY 1`,
  }));
  const unregistered = new Set(unmatched.filter(({ isRegistered }) => !isRegistered).map(({ ownerId }) => ownerId));
  const withEntries = new Set(headless.map(({ ownerId }) => ownerId));
  const gone = unmatched.filter(({ ownerId, isRegistered }) => isRegistered && !withEntries.has(ownerId));
  for (const { ownerId } of gone) yield { ownerId, entries: 0, hash: '', problem: 'the whole chain is missing' };
  const surplusOf = new Map(surplus.map(({ ownerId, seq }) => [ownerId, seq]));
  for (const { ownerId } of headless) yield { ownerId, entries: 0, hash: '', problem: 'the head of the chain is missing' };
  for (const head of heads) {
    const chain = await verifyChain(database, head);
    const seq = surplusOf.get(head.ownerId);
    const behind = seq === undefined ? undefined : `entry ${seq} stands behind the head of the chain`;
    const unknown = unregistered.has(head.ownerId) ? 'the register of chains does not name it' : undefined;
    yield { ...chain, problem: chain.problem ?? behind ?? unknown };
  }
}
