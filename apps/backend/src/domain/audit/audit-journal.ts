import { randomUUID } from 'node:crypto';
import type { AuditPending } from '../../generated/prisma/client.ts';
import { SERVICE_ACCOUNT } from '../../shared/actor.ts';
import { pollLoop } from '../../shared/poll-loop.ts';
import type { Context } from '../context.ts';
import { agentOwner } from './agent-owner.ts';
import { type AuditedEvent, insertEntry } from './append-entry.ts';

/** What a request is about to do, as far as it is known before it is done. */
export type Intent = Omit<AuditedEvent, 'outcome' | 'status' | 'code'>;

const ROUND_MS = 10_000;
/** A process that has not said for so long that it lives, does not. */
const STALE_AFTER_SECONDS = 120;
/** In so many rounds every process that lives has said so. */
const HEARTBEAT_ROUNDS = 3;

/**
 * Makes sure that nothing is done without an entry: what a request is about to do is written down before, and goes in the
 * transaction that appends its entry. What cannot be appended then is appended later; what a process that ended has left is
 * appended by another one.
 */
export function createAuditJournal({ database, log, processId }: Pick<Context, 'database' | 'log' | 'processId'>) {
  const name = `process:${processId}`;
  const unwritten = new Map<string, () => Promise<AuditedEvent>>();
  const report = (error: unknown) => log.error({ err: error }, 'entries of the audit log wait to be written');

  const sendHeartbeat = () => database.untenanted.$queryRaw`
    INSERT INTO leases (name, holder, expires_at) VALUES (${name}, ${processId}, now() + make_interval(secs => ${STALE_AFTER_SECONDS}))
    ON CONFLICT (name) DO UPDATE SET expires_at = excluded.expires_at`;

  async function appendLate(id: string, describe: () => Promise<AuditedEvent>): Promise<void> {
    const event = await describe();
    await database.as('service', async (tx) => {
      // It may have been appended after all, and only the word of it lost.
      const { count } = await tx.auditPending.deleteMany({ where: { id } });
      if (count) await insertEntry(tx, event);
    });
    unwritten.delete(id);
  }

  async function appendUnwritten(): Promise<void> {
    for (const [id, describe] of unwritten) await appendLate(id, describe).catch(report);
  }

  /** Appends what was left by a process that ended, unless another one is doing it. */
  async function appendLeft({ id, processId: _process, begunAt: _begunAt, ...left }: AuditPending): Promise<void> {
    const { ownerId, agentId } = left;
    const owner = ownerId === SERVICE_ACCOUNT && agentId ? await agentOwner(database, agentId) : ownerId;
    await database.as('service', async (tx) => {
      const { count } = await tx.auditPending.deleteMany({ where: { id } });
      const actorKind = left.actorKind as AuditedEvent['actorKind'];
      if (count) await insertEntry(tx, { ...left, actorKind, ownerId: owner ?? ownerId, outcome: 'unknown' });
    });
    log.warn(
      { action: left.action, agentId, requestId: left.requestId },
      'a process ended in the middle of a request; its outcome is unknown',
    );
  }

  async function appendAllLeft(): Promise<void> {
    const left = await database.as('service', async (tx) => {
      const rows = await tx.$queryRaw<{ id: string }[]>`
        SELECT id FROM audit_pending p WHERE NOT EXISTS (
          SELECT 1 FROM leases l WHERE l.name = 'process:' || p.process_id AND l.expires_at > now())
        ORDER BY begun_at LIMIT 1000`;
      return tx.auditPending.findMany({ where: { id: { in: rows.map(({ id }) => id) } }, orderBy: { begunAt: 'asc' } });
    });
    for (const pending of left) await appendLeft(pending).catch(report);
  }

  return {
    sendHeartbeat,

    /** Writes down what is about to be done. @returns its id. @throws Error when it cannot be: then nothing may be done */
    async begin(intent: Intent): Promise<string> {
      const id = randomUUID();
      await database.as('service', (tx) => tx.auditPending.create({ data: { id, processId, ...intent } }));
      return id;
    },

    /** Appends the entry of what was begun, and takes it out of the journal. @throws Error when it is only appended later */
    async end(id: string, describe: () => Promise<AuditedEvent>): Promise<void> {
      try {
        const event = await describe();
        await database.as('service', async (tx) => {
          await tx.auditPending.deleteMany({ where: { id } });
          await insertEntry(tx, event);
        });
      } catch (error) {
        unwritten.set(id, describe);
        throw error;
      }
    },

    /** Takes out what was begun and needs no entry. */
    async discard(id: string): Promise<void> {
      await database.as('service', (tx) => tx.auditPending.deleteMany({ where: { id } }));
    },

    /** Says again and again that this process lives, and appends what is left, its own and that of others, until aborted. */
    async run(signal: AbortSignal): Promise<void> {
      let waiting = 0;
      async function round(): Promise<void> {
        await sendHeartbeat();
        await database.untenanted.$queryRaw`DELETE FROM leases WHERE name LIKE 'process:%' AND expires_at < now() - interval '1 day'`;
        await appendUnwritten();
        // After a time without the database every process seems dead, until each has had its chance to say that it lives.
        if (waiting-- <= 0) await appendAllLeft();
      }
      await pollLoop(signal, { intervalMs: ROUND_MS }, round, (error) => {
        waiting = HEARTBEAT_ROUNDS;
        report(error);
      });
      await appendUnwritten().catch(report);
      await database.untenanted.$queryRaw`DELETE FROM leases WHERE name = ${name}`.catch(() => undefined);
    },
  };
}

export type AuditJournal = ReturnType<typeof createAuditJournal>;
