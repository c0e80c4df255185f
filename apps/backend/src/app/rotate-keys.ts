import { appendEntry } from '../domain/audit/append-entry.ts';
import type { Envelope } from '../infra/crypto/envelope.ts';
import type { Database, Transaction } from '../infra/database/database.ts';
import { SERVICE_ACCOUNT } from '../shared/actor.ts';

const BATCH = 200;

interface SealedRow {
  /** The row's key, in the order of the table's primary key. */
  first: string;
  second: string;
  sealed: string;
}

/** A column of sealed values; every one must be listed, or its values are lost with the key that they are under. */
interface SealedColumn {
  name: string;
  context: (first: string, second: string) => string;
  read: (tx: Transaction, after: Pick<SealedRow, 'first' | 'second'>) => Promise<SealedRow[]>;
  /** Puts the new value in the old one's place, unless somebody else has written it since. */
  replace: (tx: Transaction, row: SealedRow, sealed: string) => Promise<number>;
}

const columns: SealedColumn[] = [
  {
    name: 'agent_secrets.sealed',
    context: (agentId, name) => `agent_secrets|${agentId}|${name}`,
    read: (tx, { first, second }) => tx.$queryRaw`SELECT agent_id AS first, name AS second, sealed FROM agent_secrets
      WHERE (agent_id, name) > (${first}, ${second}) ORDER BY agent_id, name LIMIT ${BATCH}`,
    replace: (tx, { first, second, sealed: before }, sealed) =>
      tx.$executeRaw`UPDATE agent_secrets SET sealed = ${sealed} WHERE agent_id = ${first} AND name = ${second} AND sealed = ${before}`,
  },
  {
    name: 'idempotency_keys.sealed_body',
    context: (ownerId, key) => `idempotency_keys|${ownerId}|${key}`,
    read: (tx, { first, second }) => tx.$queryRaw`SELECT owner_id AS first, key AS second, sealed_body AS sealed FROM idempotency_keys
      WHERE sealed_body IS NOT NULL AND (owner_id, key) > (${first}, ${second}) ORDER BY owner_id, key LIMIT ${BATCH}`,
    replace: (tx, { first, second, sealed: before }, sealed) =>
      tx.$executeRaw`UPDATE idempotency_keys SET sealed_body = ${sealed} WHERE owner_id = ${first} AND key = ${second} AND sealed_body = ${before}`,
  },
  {
    name: 'backups.sealed_key',
    context: (id) => `backups|${id}`,
    read: (tx, { first }) => tx.$queryRaw`SELECT id AS first, '' AS second, sealed_key AS sealed FROM backups
      WHERE sealed_key IS NOT NULL AND id > ${first} ORDER BY id LIMIT ${BATCH}`,
    replace: (tx, { first, sealed: before }, sealed) =>
      tx.$executeRaw`UPDATE backups SET sealed_key = ${sealed} WHERE id = ${first} AND sealed_key = ${before}`,
  },
];

export interface Rotation {
  rewrapped: number;
  /** Already under the first key. */
  current: number;
  /** Rows that no configured key opens, by column and row. */
  unopened: string[];
}

/**
 * Wraps every data key anew under the first of the configured keys, a batch a transaction, while backends work: a value
 * that somebody writes meanwhile is left as written, and one that is done already is passed over, so that a second run
 * goes on where the first one was stopped. Backends must have the first key configured before this begins.
 */
export async function rotateKeys({ database, envelope }: { database: Database; envelope: Envelope }): Promise<Rotation> {
  const done: Rotation = { rewrapped: 0, current: 0, unopened: [] };
  for (const column of columns) {
    let after = { first: '', second: '' };
    for (;;) {
      const rows = await database.as('service', async (tx) => {
        const batch = await column.read(tx, after);
        for (const row of batch) {
          if (envelope.isCurrent(row.sealed)) {
            done.current++;
            continue;
          }
          const sealed = envelope.rewrap(row.sealed, column.context(row.first, row.second));
          if (sealed) done.rewrapped += await column.replace(tx, row, sealed);
          else done.unopened.push(`${column.name} of ${row.first}, ${row.second}`);
        }
        return batch;
      });
      const last = rows.at(-1);
      if (!last || rows.length < BATCH) break;
      after = last;
    }
  }
  await appendEntry(database, {
    ownerId: SERVICE_ACCOUNT,
    actorKind: 'platform',
    action: 'rotateKeys',
    outcome: done.unopened.length ? 'failed' : 'done',
  });
  return done;
}
