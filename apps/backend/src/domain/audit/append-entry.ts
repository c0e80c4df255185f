import type { Database, Transaction } from '../../infra/database/database.ts';

/** What happened; the database adds when, its place in the owner's chain, and the hashes. */
export interface AuditedEvent {
  /** Whose log it goes into. */
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
  /** What it is about beside an agent. */
  target?: string | null;
}

/** Appends to the audit log; the chain's end stays locked until the transaction commits. */
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

/** Appends to the audit log, in a transaction of its own. */
export const appendEntry = (database: Database, event: AuditedEvent): Promise<void> =>
  database.as('service', (tx) => insertEntry(tx, event));
