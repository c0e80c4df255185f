import { randomUUID } from 'node:crypto';
import type { AuditPending } from '../../generated/prisma/client.ts';
import { queryAs, type Statement } from '../../infra/database/query-as.ts';
import { SERVICE_ACCOUNT } from '../../shared/actor.ts';
import { pollLoop } from '../../shared/poll-loop.ts';
import type { Context } from '../context.ts';
import { agentOwner } from './agent-owner.ts';
import { type AuditedEvent, appendLastEntry, insertEntry } from './append-entry.ts';

/** An entry before its outcome is known. */
export type Intent = Omit<AuditedEvent, 'outcome' | 'status' | 'code'>;

const beginStatement: Statement = {
  name: 'audit-begin',
  text: `INSERT INTO audit_pending (id, process_id, owner_id, actor_kind, actor_id, key_id, action, agent_id, target, ip, user_agent, request_id)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
};

const INTERVAL_MS = 10_000;
/** A process without a heartbeat for this long counts as dead. */
const STALE_AFTER_SECONDS = 120;
/** Rounds without take-over after a database failure: each live process renews its heartbeat in this time. */
const TAKEOVER_DELAY_ROUNDS = 3;

/**
 * Guarantees one audit entry per audited request. A row in `audit_pending` is written before the request changes anything,
 * and is deleted in the transaction that appends the entry. A failed append is retried; rows of a dead process are taken
 * over by another process, with outcome `unknown`.
 */
export function createAuditJournal({ database, pool, log, processId }: Pick<Context, 'database' | 'pool' | 'log' | 'processId'>) {
  const name = `process:${processId}`;
  const unwritten = new Map<string, () => Promise<AuditedEvent>>();
  const report = (error: unknown) => log.error({ err: error }, 'audit entries could not be appended; the next round retries them');

  const sendHeartbeat = () => database.untenanted.$queryRaw`
    INSERT INTO leases (name, holder, expires_at) VALUES (${name}, ${processId}, app_now() + make_interval(secs => ${STALE_AFTER_SECONDS}))
    ON CONFLICT (name) DO UPDATE SET expires_at = excluded.expires_at`;

  async function retryAppend(id: string, describe: () => Promise<AuditedEvent>): Promise<void> {
    const event = await describe();
    await database.as('service', async (tx) => {
      // The first append may have committed although its reply was lost; then the pending row is gone.
      const { count } = await tx.auditPending.deleteMany({ where: { id } });
      if (count) await insertEntry(tx, event);
    });
    unwritten.delete(id);
  }

  async function appendUnwritten(): Promise<void> {
    for (const [id, describe] of unwritten) await retryAppend(id, describe).catch(report);
  }

  /** Appends the entry for a dead process's pending row. The delete claims the row, so only one process appends it. */
  async function appendOrphan({ id, processId: _process, begunAt: _begunAt, ...intent }: AuditPending): Promise<void> {
    const { ownerId, agentId } = intent;
    const owner = ownerId === SERVICE_ACCOUNT && agentId ? await agentOwner(database, agentId) : ownerId;
    await database.as('service', async (tx) => {
      const { count } = await tx.auditPending.deleteMany({ where: { id } });
      const actorKind = intent.actorKind as AuditedEvent['actorKind'];
      if (count) await insertEntry(tx, { ...intent, actorKind, ownerId: owner ?? ownerId, outcome: 'unknown' });
    });
    log.warn(
      { action: intent.action, agentId, requestId: intent.requestId },
      'process ended during a request; its audit entry has the outcome unknown',
    );
  }

  async function appendOrphans(): Promise<void> {
    const orphans = await database.as('service', async (tx) => {
      const rows = await tx.$queryRaw<{ id: string }[]>`
        SELECT id FROM audit_pending p WHERE NOT EXISTS (
          SELECT 1 FROM leases l WHERE l.name = 'process:' || p.process_id AND l.expires_at > app_now())
        ORDER BY begun_at LIMIT 1000`;
      return tx.auditPending.findMany({ where: { id: { in: rows.map(({ id }) => id) } }, orderBy: { begunAt: 'asc' } });
    });
    for (const orphan of orphans) await appendOrphan(orphan).catch(report);
  }

  return {
    sendHeartbeat,

    /** Writes the intent of a request. @returns its id @throws Error when the write fails; the request must then change nothing */
    async begin(intent: Intent): Promise<string> {
      const id = randomUUID();
      const { ownerId, actorKind, actorId, keyId, action, agentId, target, ip, userAgent, requestId } = intent;
      const values = [id, processId, ownerId, actorKind, actorId, keyId, action, agentId, target, ip, userAgent, requestId];
      await queryAs(pool, 'service', beginStatement, values);
      return id;
    },

    /** Appends the entry and deletes the pending row. @throws Error when the append fails; it is retried later */
    async end(id: string, describe: () => Promise<AuditedEvent>): Promise<void> {
      try {
        const event = await describe();
        await appendLastEntry(pool, id, event);
      } catch (error) {
        unwritten.set(id, describe);
        throw error;
      }
    },

    /** Deletes a pending row whose request needs no entry. */
    async discard(id: string): Promise<void> {
      await database.as('service', (tx) => tx.auditPending.deleteMany({ where: { id } }));
    },

    /** Until aborted: sends heartbeats, retries this process's failed appends, and takes over the rows of dead processes. */
    async run(signal: AbortSignal): Promise<void> {
      let delayRounds = 0;
      async function round(): Promise<void> {
        await sendHeartbeat();
        await database.untenanted.$queryRaw`DELETE FROM leases WHERE name LIKE 'process:%' AND expires_at < app_now() - interval '1 day'`;
        await appendUnwritten();
        // After a database outage every heartbeat is stale: wait until the live processes have renewed theirs.
        if (delayRounds-- <= 0) await appendOrphans();
      }
      await pollLoop(signal, { intervalMs: INTERVAL_MS }, round, (error) => {
        delayRounds = TAKEOVER_DELAY_ROUNDS;
        report(error);
      });
      await appendUnwritten().catch(report);
      await database.untenanted.$queryRaw`DELETE FROM leases WHERE name = ${name}`.catch(() => undefined);
    },
  };
}

export type AuditJournal = ReturnType<typeof createAuditJournal>;
