import type { AuditEntryView, AuditFilters } from '@agentbot/contracts';
import type { AuditEntry } from '../../generated/prisma/client.ts';
import type { Transaction } from '../../infra/database/database.ts';

/** The condition of the entries that match all given filters. */
export const whereOf = ({ actor, action, agentId, outcome }: AuditFilters) => ({
  ...(actor && { actorKind: actor }),
  ...(action && { action }),
  ...(agentId && { agentId }),
  ...(outcome && { outcome }),
});

export function viewOf(row: AuditEntry): AuditEntryView {
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

/** The names of the agents of entries, by id; a deleted agent has none. */
export async function namesOf(tx: Transaction, rows: readonly AuditEntry[]): Promise<Map<string | null, string>> {
  const ids = new Set(rows.flatMap(({ agentId }) => agentId ?? []));
  const agents = await tx.agent.findMany({ where: { id: { in: [...ids] } }, select: { id: true, name: true } });
  return new Map(agents.map(({ id, name }) => [id, name]));
}
