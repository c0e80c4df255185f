import { GRANT_CHANGES, grantHolds } from '../domain/accounts/grants.ts';
import type { Context } from '../domain/context.ts';
import { type Actor, tenantOf } from '../shared/actor.ts';

/** The grant is checked again at this interval, in case a notification was missed. */
const RECHECK_MS = 15_000;
/** Added to the expiry timer: a timer can fire early by the wall clock. */
const EXPIRY_MARGIN_MS = 50;
/** The maximum delay of a Node.js timer. The regular check finds a later expiry. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Watches an actor's session or API key during long responses (streams and downloads): it may end after authentication.
 * @returns a function that calls `onEnd` once when the grant has ended, and returns a function that stops watching
 */
export function createGrantWatch({ database, notifications, clock, log }: Pick<Context, 'database' | 'notifications' | 'clock' | 'log'>) {
  return function watchGrant(actor: Actor | null, onEnd: () => void): () => void {
    const grant = actor?.kind === 'user' ? (actor.session ?? actor.key) : undefined;
    if (!actor || !grant) return () => undefined;
    let stopped = false;

    async function check(): Promise<void> {
      const holds = await database
        .as(tenantOf(actor as Actor), (tx) => grantHolds(tx, clock, actor as Actor))
        .catch((error) => {
          log.warn(
            { err: error, grantId: grant?.id },
            'the grant of a stream could not be checked; the stream stays open until the next check',
          );
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
    const remainingMs = grant.expiresAt ? grant.expiresAt.getTime() - clock.now().getTime() + EXPIRY_MARGIN_MS : MAX_TIMER_MS;
    const expiry = remainingMs < MAX_TIMER_MS ? setTimeout(check, remainingMs) : undefined;
    // The grant may have ended between authentication and the listener above.
    void check();
    return stop;
  };
}

export type GrantWatch = ReturnType<typeof createGrantWatch>;
