import { insertEntry } from '../domain/audit/append-entry.ts';
import type { Envelope } from '../infra/crypto/envelope.ts';
import type { Database, Transaction } from '../infra/database/database.ts';
import { SERVICE_ACCOUNT } from '../shared/actor.ts';

const BATCH = 200;

interface SealedRow {
  /** The columns of the row's primary key, in order; `second` is empty for a key of one column. */
  first: string;
  second: string;
  sealed: string;
}

/** A column of sealed values. Every such column must be listed: values that are not rewrapped are lost with the old key. */
interface SealedColumn {
  name: string;
  context: (first: string, second: string) => string;
  read: (tx: Transaction, after: Pick<SealedRow, 'first' | 'second'>) => Promise<SealedRow[]>;
  /** Replaces the old value, unless a backend has written another one since. @returns the number of rows that changed */
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
    name: 'provider_keys.sealed',
    context: (ownerId, provider) => `provider_keys|${ownerId}|${provider}`,
    // The keys of the installation have no owner.
    read: (tx, { first, second }) => tx.$queryRaw`SELECT COALESCE(owner_id, '') AS first, provider AS second, sealed FROM provider_keys
      WHERE (COALESCE(owner_id, ''), provider) > (${first}, ${second}) ORDER BY COALESCE(owner_id, ''), provider LIMIT ${BATCH}`,
    replace: (tx, { first, second, sealed: before }, sealed) =>
      tx.$executeRaw`UPDATE provider_keys SET sealed = ${sealed}
        WHERE COALESCE(owner_id, '') = ${first} AND provider = ${second} AND sealed = ${before}`,
  },
  {
    name: 'agent_file_versions.sealed',
    context: (agentId, id) => `agent_file_versions|${agentId}|${id}`,
    read: (tx, { first, second }) => tx.$queryRaw`SELECT agent_id AS first, id AS second, sealed FROM agent_file_versions
      WHERE (agent_id, id) > (${first}, ${second}) ORDER BY agent_id, id LIMIT ${BATCH}`,
    replace: (tx, { first, second, sealed: before }, sealed) =>
      tx.$executeRaw`UPDATE agent_file_versions SET sealed = ${sealed} WHERE agent_id = ${first} AND id = ${second} AND sealed = ${before}`,
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
  /** Values that were already under the first key. */
  current: number;
  /** Values that no configured key opens, by column and row. */
  unopened: string[];
}

/**
 * Rewraps every data key under the first configured key, one batch per transaction, while backends run. It keeps a value that
 * a backend writes meanwhile, and skips a value that is already under the first key, so that a second run resumes an
 * interrupted one. All backends must have the first key configured before this begins.
 */
export async function rotateKeys({ database, envelope }: { database: Database; envelope: Envelope }): Promise<Rotation> {
  const rotation: Rotation = { rewrapped: 0, current: 0, unopened: [] };
  for (const column of columns) {
    let after = { first: '', second: '' };
    for (;;) {
      const rows = await database.as('service', async (tx) => {
        const batch = await column.read(tx, after);
        for (const row of batch) {
          if (envelope.isCurrent(row.sealed)) {
            rotation.current++;
            continue;
          }
          const sealed = envelope.rewrap(row.sealed, column.context(row.first, row.second));
          if (sealed) rotation.rewrapped += await column.replace(tx, row, sealed);
          else rotation.unopened.push(`${column.name} of ${row.first}, ${row.second}`);
        }
        return batch;
      });
      const last = rows.at(-1);
      if (!last || rows.length < BATCH) break;
      after = last;
    }
  }
  const outcome = rotation.unopened.length ? 'failed' : 'done';
  const event = { ownerId: SERVICE_ACCOUNT, actorKind: 'platform', action: 'rotateKeys', outcome } as const;
  await database.as('service', (tx) => insertEntry(tx, event));
  return rotation;
}
