import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '@agentbot/contracts';
import { type Actor, tenantOf, userOf } from '../../shared/actor.ts';
import { randomName } from '../../shared/ids.ts';
import { sha256 } from '../../shared/sha256.ts';
import type { Envelope } from '../crypto/envelope.ts';
import { type Database, isUniqueViolation } from '../database/database.ts';

/** A status and a JSON body. */
export interface Answer {
  status: number;
  body: unknown;
}

interface Attempt {
  actor: Actor;
  key: string;
  method: string;
  path: string;
  body: unknown;
  /** How long a second request waits for the first one's answer, in milliseconds. */
  timeoutMs: number;
}

const RETENTION_MS = 24 * 3600 * 1000;
const HEARTBEAT_MS = 5_000;
/** A request whose process said nothing for this long has died. */
const STALE_AFTER_MS = 20_000;

/** JSON with sorted keys, so that the order in which a client writes its fields does not matter. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part) =>
    part && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

/**
 * Runs a request once per caller and Idempotency-Key; repetitions within 24 hours get the first one's answer. After a
 * crash the next repetition runs it again under the same `resourceName`, so that it finds what the first one made.
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
 */
export function createIdempotency({ database, envelope }: { database: Database; envelope: Envelope }) {
  type Claim = { resourceName: string } | { answer: Answer } | 'wait';

  async function claim({ actor, key, ...request }: Attempt): Promise<Claim> {
    const ownerId = userOf(actor);
    const id = { ownerId_key: { ownerId, key } };
    // What a key for one agent got must not be told to a key for another.
    const narrowed = actor.kind === 'user' && actor.key?.agentId ? [actor.key.agentId] : [];
    const fingerprint = sha256(canonical([request.method, request.path, request.body, ...narrowed]));
    return database.as(tenantOf(actor), async (tx) => {
      const now = new Date();
      const rows = await tx.$queryRaw<unknown[]>`SELECT 1 FROM idempotency_keys WHERE owner_id = ${ownerId} AND key = ${key} FOR UPDATE`;
      const row = rows.length ? await tx.idempotencyKey.findUnique({ where: id }) : null;
      if (!row || now.getTime() - row.createdAt.getTime() > RETENTION_MS) {
        const fresh = { fingerprint, resourceId: randomName(12), status: null, sealedBody: null, aliveAt: now, createdAt: now };
        if (row) await tx.idempotencyKey.update({ where: id, data: fresh });
        else await tx.idempotencyKey.create({ data: { ownerId, key, ...fresh } });
        return { resourceName: fresh.resourceId };
      }
      if (row.fingerprint !== fingerprint) throw new AppError('IDEMPOTENCY_KEY_REUSED');
      if (row.status !== null) {
        return {
          answer: { status: row.status, body: JSON.parse(envelope.open(row.sealedBody ?? '', `idempotency_keys|${ownerId}|${key}`)) },
        };
      }
      if (now.getTime() - row.aliveAt.getTime() < STALE_AFTER_MS) return 'wait';
      await tx.idempotencyKey.update({ where: id, data: { aliveAt: now } });
      return { resourceName: row.resourceId };
    });
  }

  /**
   * @param run does the work; a refusal (AppError) is not kept, so that the request may be tried again; after anything
   * else nobody knows how far it came, and the next repetition takes it up under the same name
   * @returns the answer, and whether it is a repetition of an earlier one
   * @throws AppError IDEMPOTENCY_KEY_REUSED for another request, IDEMPOTENCY_IN_PROGRESS when the first takes too long
   */
  return async function once(attempt: Attempt, run: (resourceName: string) => Promise<Answer>): Promise<Answer & { repeated: boolean }> {
    const { actor, key } = attempt;
    const ownerId = userOf(actor);
    const where = { ownerId_key: { ownerId, key } };
    const until = Date.now() + attempt.timeoutMs;
    let pause = 50;
    let claimed: Claim = 'wait';
    for (;;) {
      claimed = await claim(attempt).catch((error) => {
        // Another request with the same key was first to insert it.
        if (isUniqueViolation(error)) return 'wait' as const;
        throw error;
      });
      if (claimed !== 'wait') break;
      if (Date.now() > until) throw new AppError('IDEMPOTENCY_IN_PROGRESS');
      await sleep(pause);
      pause = Math.min(pause * 2, 1_000);
    }
    if ('answer' in claimed) return { ...claimed.answer, repeated: true };

    const say = (aliveAt: Date) =>
      database.as(tenantOf(actor), (tx) => tx.idempotencyKey.updateMany({ where: { ownerId, key }, data: { aliveAt } }));
    // One that fails is followed by another; after four the request counts as dead.
    const heartbeat = setInterval(() => void say(new Date()).catch(() => undefined), HEARTBEAT_MS);
    try {
      const answer = await run(claimed.resourceName);
      const sealedBody = envelope.seal(JSON.stringify(answer.body), `idempotency_keys|${ownerId}|${key}`);
      await database.as(tenantOf(actor), (tx) => tx.idempotencyKey.update({ where, data: { status: answer.status, sealedBody } }));
      return { ...answer, repeated: false };
    } catch (error) {
      if (error instanceof AppError) await database.as(tenantOf(actor), (tx) => tx.idempotencyKey.deleteMany({ where: { ownerId, key } }));
      else await say(new Date(0));
      throw error;
    } finally {
      clearInterval(heartbeat);
    }
  };
}

/** Deletes answers that are older than a day. */
export async function deleteOldAnswers({ database }: { database: Database }): Promise<void> {
  await database.as('service', (tx) => tx.idempotencyKey.deleteMany({ where: { createdAt: { lt: new Date(Date.now() - RETENTION_MS) } } }));
}

export type Once = ReturnType<typeof createIdempotency>;
