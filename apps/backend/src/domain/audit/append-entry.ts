import type { Database, Transaction } from '../../infra/database/database.ts';

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

/** Appends an entry. The head of the owner's chain stays locked until the transaction commits. */
export async function insertEntry(tx: Transaction, event: AuditedEvent): Promise<void> {
  const { ownerId, actorKind, action, outcome } = event;
  const {
    actorId = null,
    keyId = null,
    agentId = null,
    ip = null,
    userAgent = null,
    status = null,
    code = null,
    requestId = null,
    target = null,
  } = event;
  await tx.$executeRaw`
    INSERT INTO audit_log (owner_id, actor_kind, actor_id, key_id, action, agent_id, ip, user_agent, outcome, status, code, request_id, target)
    VALUES (${ownerId}, ${actorKind}, ${actorId}, ${keyId}, ${action}, ${agentId}, ${ip}, ${userAgent}, ${outcome}, ${status}, ${code}, ${requestId}, ${target})`;
}

/** Appends an entry in its own transaction. */
export const appendEntry = (database: Database, event: AuditedEvent): Promise<void> =>
  database.as('service', (tx) => insertEntry(tx, event));
