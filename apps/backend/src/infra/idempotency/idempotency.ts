import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '@agentbot/contracts';
import type pg from 'pg';
import { type Actor, tenantOf, userOf } from '../../shared/actor.ts';
import { type Clock, msAgo } from '../../shared/clock.ts';
import { randomName } from '../../shared/ids.ts';
import { sha256 } from '../../shared/sha256.ts';
import type { Envelope } from '../crypto/envelope.ts';
import { type Database, isUniqueViolation } from '../database/database.ts';
import { queryAs, type Statement } from '../database/query-as.ts';

/** A response: HTTP status and JSON body. */
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
  /** How long a repeated request waits for the first request's answer, in milliseconds. */
  timeoutMs: number;
}

const RETENTION_MS = 24 * 3600 * 1000;
const HEARTBEAT_MS = 5_000;
/** A request without a heartbeat for this long is stale: its process has died. Four heartbeats may fail before that. */
const STALE_AFTER_MS = 20_000;

const firstClaim: Statement = {
  name: 'idempotency-claim',
  text: `INSERT INTO idempotency_keys (owner_id, key, fingerprint, resource_id, alive_at, created_at)
    VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT DO NOTHING RETURNING 1`,
};
const storedAnswer: Statement = {
  name: 'idempotency-answer',
  text: 'UPDATE idempotency_keys SET status = $3, sealed_body = $4 WHERE owner_id = $1 AND key = $2 RETURNING 1',
};

/** JSON with sorted keys: the order of a body's fields does not change its fingerprint. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part) =>
    part && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

/**
 * Runs a request once per caller and Idempotency-Key; a repeated request within 24 hours gets the first one's answer. After
 * a crash, the next repetition runs the work again with the same `resourceName`, so it adopts what the first run created.
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
 */
export function createIdempotency({
  database,
  pool,
  envelope,
  clock,
}: {
  database: Database;
  pool: pg.Pool;
  envelope: Envelope;
  clock: Clock;
}) {
  type Claim = { resourceName: string } | { answer: Answer } | 'wait';

  async function claim({ actor, key, ...request }: Attempt): Promise<Claim> {
    const ownerId = userOf(actor);
    const id = { ownerId_key: { ownerId, key } };
    // An API key that is limited to one agent must not receive the answer of a key for another agent.
    const keyAgent = actor.kind === 'user' && actor.key?.agentId ? [actor.key.agentId] : [];
    const fingerprint = sha256(canonical([request.method, request.path, request.body, ...keyAgent]));
    const now = clock.now();
    const name = randomName(12);
    const [begun] = await queryAs(pool, tenantOf(actor), firstClaim, [ownerId, key, fingerprint, name, now]);
    if (begun) return { resourceName: name };
    return database.as(tenantOf(actor), async (tx) => {
      const rows = await tx.$queryRaw<unknown[]>`SELECT 1 FROM idempotency_keys WHERE owner_id = ${ownerId} AND key = ${key} FOR UPDATE`;
      const row = rows.length ? await tx.idempotencyKey.findUnique({ where: id }) : null;
      if (!row || now.getTime() - row.createdAt.getTime() > RETENTION_MS) {
        const fresh = { fingerprint, resourceId: name, status: null, sealedBody: null, aliveAt: now, createdAt: now };
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
   * @param run does the work. An AppError is not stored: the caller may retry. After any other error the progress is unknown,
   *   so the next repetition runs the work again with the same `resourceName`.
   * @returns the answer, and whether it was stored by an earlier request
   * @throws AppError IDEMPOTENCY_KEY_REUSED when the key belongs to a different request, IDEMPOTENCY_IN_PROGRESS when the
   *   first request does not finish within `timeoutMs`; otherwise the error of `run`
   */
  return async function once(attempt: Attempt, run: (resourceName: string) => Promise<Answer>): Promise<Answer & { repeated: boolean }> {
    const { actor, key } = attempt;
    const ownerId = userOf(actor);
    const deadline = Date.now() + attempt.timeoutMs;
    let pauseMs = 50;
    let claimed: Claim = 'wait';
    for (;;) {
      claimed = await claim(attempt).catch((error) => {
        // Another request inserted the same key first.
        if (isUniqueViolation(error)) return 'wait' as const;
        throw error;
      });
      if (claimed !== 'wait') break;
      if (Date.now() > deadline) throw new AppError('IDEMPOTENCY_IN_PROGRESS');
      await sleep(pauseMs);
      pauseMs = Math.min(pauseMs * 2, 1_000);
    }
    if ('answer' in claimed) return { ...claimed.answer, repeated: true };

    const setAliveAt = (aliveAt: Date) =>
      database.as(tenantOf(actor), (tx) => tx.idempotencyKey.updateMany({ where: { ownerId, key }, data: { aliveAt } }));
    // A failed heartbeat is ignored: the next one follows in five seconds.
    const heartbeat = setInterval(() => void setAliveAt(clock.now()).catch(() => undefined), HEARTBEAT_MS);
    try {
      const answer = await run(claimed.resourceName);
      const sealedBody = envelope.seal(JSON.stringify(answer.body), `idempotency_keys|${ownerId}|${key}`);
      const [stored] = await queryAs(pool, tenantOf(actor), storedAnswer, [ownerId, key, answer.status, sealedBody]);
      if (!stored) throw new Error('The row of an Idempotency-Key is gone');
      return { ...answer, repeated: false };
    } catch (error) {
      if (error instanceof AppError) await database.as(tenantOf(actor), (tx) => tx.idempotencyKey.deleteMany({ where: { ownerId, key } }));
      else await setAliveAt(new Date(0));
      throw error;
    } finally {
      clearInterval(heartbeat);
    }
  };
}

/** Deletes stored answers that are older than 24 hours. */
export async function deleteOldAnswers({ database, clock }: { database: Database; clock: Clock }): Promise<void> {
  await database.as('service', (tx) => tx.idempotencyKey.deleteMany({ where: { createdAt: { lt: msAgo(clock, RETENTION_MS) } } }));
}

export type Once = ReturnType<typeof createIdempotency>;
