import type { AuditEntry } from '../../generated/prisma/client.ts';
import { sha256 } from '../../shared/sha256.ts';

const field = (value: string | null) => (value === null ? '-' : `${Buffer.byteLength(value)}:${value}`);

/**
 * The expected hash of an entry: over the previous hash and all fields of the entry. A null target is left out, because
 * older entries were hashed without the field. Must equal the database function `audit_hash`.
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
  const leading = [prevHash, ownerId, String(seq), at.toISOString(), actorKind, actorId, keyId, action];
  return sha256(
    [...leading, agentId, ip, userAgent, outcome, number, code, requestId, ...(target === null ? [] : [target])].map(field).join(','),
  );
}
