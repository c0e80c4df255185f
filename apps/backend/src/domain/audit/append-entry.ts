import type pg from 'pg';
import type { Transaction } from '../../infra/database/database.ts';
import { queryAs, type Statement } from '../../infra/database/query-as.ts';

/** The content of an entry. The database adds the time, the position in the owner's chain, and the hashes. */
export interface AuditedEvent {
  /** The account whose log receives the entry. */
  ownerId: string;
  actorKind: 'session' | 'apiKey' | 'internal' | 'web' | 'platform';
  actorId?: string | null;
  keyId?: string | null;
  action: string;
  agentId?: string | null;
  ip?: string | null;
  userAgent?: string | null;
  outcome: 'done' | 'repeated' | 'refused' | 'failed' | 'cancelled' | 'unknown';
  status?: number;
  code?: string | null;
  requestId?: string | null;
  /** Id of the affected object when it is not an agent: a user, a key, a wallet, a backup. */
  target?: string | null;
}

const columns = [
  'owner_id',
  'actor_kind',
  'actor_id',
  'key_id',
  'action',
  'agent_id',
  'ip',
  'user_agent',
  'outcome',
  'status',
  'code',
  'request_id',
  'target',
];

/** The values of an entry, in the order of the columns. */
const valuesOf = (event: AuditedEvent) => [
  event.ownerId,
  event.actorKind,
  event.actorId ?? null,
  event.keyId ?? null,
  event.action,
  event.agentId ?? null,
  event.ip ?? null,
  event.userAgent ?? null,
  event.outcome,
  event.status ?? null,
  event.code ?? null,
  event.requestId ?? null,
  event.target ?? null,
];

const insertion = `INSERT INTO audit_log (${columns.join(', ')}) VALUES (${columns.map((_column, index) => `$${index + 1}`).join(', ')})`;
const entryStatement: Statement = { name: 'audit-entry', text: insertion };
const lastEntryStatement: Statement = {
  name: 'audit-last-entry',
  text: `WITH ended AS (DELETE FROM audit_pending WHERE id = $${columns.length + 1}) ${insertion}`,
};

/** Appends an entry. The head of the owner's chain stays locked until the transaction commits. */
export async function insertEntry(tx: Transaction, event: AuditedEvent): Promise<void> {
  await tx.$executeRawUnsafe(insertion, ...valuesOf(event));
}

/** Appends an entry in its own transaction. */
export async function appendEntry(pool: pg.Pool, event: AuditedEvent): Promise<void> {
  await queryAs(pool, 'service', entryStatement, valuesOf(event));
}

/** Appends the entry of a request, and deletes the row that the request had in `audit_pending`. */
export async function appendLastEntry(pool: pg.Pool, pendingId: string, event: AuditedEvent): Promise<void> {
  await queryAs(pool, 'service', lastEntryStatement, [...valuesOf(event), pendingId]);
}
