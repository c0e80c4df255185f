import { GRANT_CHANGES, grantHolds } from '../domain/accounts/grants.ts';
import type { Context } from '../domain/context.ts';
import { type Actor, tenantOf } from '../shared/actor.ts';

/** A missed notification is made up for this often. */
const RECHECK_MS = 15_000;
/** A timer may fire a moment early by the wall clock. */
const EXPIRY_MARGIN_MS = 50;
/** The longest delay that a timer of Node.js takes; later ends are found by the regular check. */
const MAX_TIMER_MS = 2 ** 31 - 1;

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
