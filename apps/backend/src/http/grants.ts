import { AppError } from '@agentbot/contracts';
import type { Context } from '../app/create-context.ts';
import type { Transaction } from '../infra/database/database.ts';
import { type Actor, tenantOf, userOf } from '../shared/actor.ts';

/** Under this name triggers of the database tell every process the id of an API key or a session that has ended or changed. */
export const GRANT_CHANGES = 'grant_changes';

/** A missed notification is made up for this often. */
const RECHECK_MS = 15_000;
/** A timer may fire a moment early by the wall clock. */
const EXPIRY_MARGIN_MS = 50;
/** The longest delay that a timer of Node.js takes; later ends are found by the regular check. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Whether what let an actor in still holds: an API key or a session can end after a request has begun. */
async function grantHolds(tx: Transaction, actor: Actor): Promise<boolean> {
  if (actor.kind !== 'user') return true;
  const { key, session, userId: ownerId } = actor;
  const now = new Date();
  if (session) return (await tx.session.count({ where: { id: session.id, ownerId, endedAt: null, expiresAt: { gt: now } } })) > 0;
  if (!key) return true;
  return (await tx.apiKey.count({ where: { id: key.id, ownerId, OR: [{ expiresAt: null }, { expiresAt: { gt: now } }] } })) > 0;
}

/**
 * Locks the actor's account for a transaction that stores a credential. A reset of the password locks it too, and may have
 * ended the actor's session or key while this waited: then the credential must not be stored, since it would outlive the reset.
 * @throws AppError UNAUTHORIZED when the account is gone or the grant has ended
 */
export async function lockAccount(tx: Transaction, actor: Actor): Promise<void> {
  const [account] = await tx.$queryRaw<unknown[]>`SELECT 1 FROM users WHERE id = ${userOf(actor)} FOR UPDATE`;
  if (!account || !(await grantHolds(tx, actor))) throw new AppError('UNAUTHORIZED');
}

/**
 * Watches what let an actor in, for answers that outlive their request's authentication: streams and downloads.
 * @returns a function that calls `onEnd` once when the grant has ended, and returns what stops watching
 */
export function createGrantWatch({ database, notifications, log }: Pick<Context, 'database' | 'notifications' | 'log'>) {
  return function watchGrant(actor: Actor | null, onEnd: () => void): () => void {
    const grant = actor?.kind === 'user' ? (actor.session ?? actor.key) : undefined;
    if (!actor || !grant) return () => undefined;
    let stopped = false;

    async function check(): Promise<void> {
      const holds = await database
        .as(tenantOf(actor as Actor), (tx) => grantHolds(tx, actor as Actor))
        .catch((error) => {
          log.warn({ err: error, grantId: grant?.id }, 'a stream’s right could not be checked; the next check decides');
          return true;
        });
      if (holds || stopped) return;
      stop();
      onEnd();
    }
    function stop(): void {
      stopped = true;
      clearInterval(regular);
      clearTimeout(expiry);
      offChange();
      offResumed();
    }

    const offChange = notifications.on(GRANT_CHANGES, (id) => id === grant.id && void check());
    const offResumed = notifications.on('resumed', () => void check());
    const regular = setInterval(check, RECHECK_MS);
    const left = grant.expiresAt ? grant.expiresAt.getTime() - Date.now() + EXPIRY_MARGIN_MS : MAX_TIMER_MS;
    const expiry = left < MAX_TIMER_MS ? setTimeout(check, left) : undefined;
    // The grant may have ended between authentication and the listener above.
    void check();
    return stop;
  };
}

export type GrantWatch = ReturnType<typeof createGrantWatch>;
