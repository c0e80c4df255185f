import type { AuditEntry } from '../../generated/prisma/client.ts';
import { sha256 } from '../../shared/sha256.ts';

const field = (value: string | null) => (value === null ? '-' : `${Buffer.byteLength(value)}:${value}`);

/**
 * The hash that an entry must have: over the one before it and all of its own fields, the target where there is one, since
 * older entries were hashed without. The database's `audit_hash` is the same.
 */
export function entryHash(entry: Omit<AuditEntry, 'hash'>): string {
  const {
    prevHash,
    ownerId,
    seq,
    at,
    actorKind,
    actorId,
    keyId,
    action,
    agentId,
    ip,
    userAgent,
    outcome,
    status,
    code,
    requestId,
    target,
  } = entry;
  const number = status === null ? null : String(status);
  const before = [prevHash, ownerId, String(seq), at.toISOString(), actorKind, actorId, keyId, action];
  return sha256(
    [...before, agentId, ip, userAgent, outcome, number, code, requestId, ...(target === null ? [] : [target])].map(field).join(','),
  );
}
