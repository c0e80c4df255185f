import { AppError } from '@agentbot/contracts';
import type { Transaction } from '../../infra/database/database.ts';
import { type Actor, userOf } from '../../shared/actor.ts';
import type { Clock } from '../../shared/clock.ts';

/** Postgres channel. Triggers publish on it the id of each API key, session or user that has ended, or whose rights have changed. */
export const GRANT_CHANGES = 'grant_changes';

/** Whether the actor's API key or session is still valid: either can end while a request is in flight. */
export async function grantHolds(tx: Transaction, clock: Clock, actor: Actor): Promise<boolean> {
  if (actor.kind !== 'user') return true;
  const { key, session, userId: ownerId } = actor;
  const now = clock.now();
  const owner = { blockedAt: null };
  if (session) return (await tx.session.count({ where: { id: session.id, ownerId, owner, endedAt: null, expiresAt: { gt: now } } })) > 0;
  if (!key) return true;
  const expiry = [{ expiresAt: null }, { expiresAt: { gt: now } }];
  return (await tx.apiKey.count({ where: { id: key.id, ownerId, owner, OR: expiry } })) > 0;
}

/**
 * Locks the actor's account for a transaction that stores a credential. A password reset takes the same lock and may end
 * the actor's session or key while this call waits: a credential stored after that would outlive the reset.
 * @throws AppError UNAUTHORIZED when the account no longer exists or the grant has ended
 */
export async function lockAccount(tx: Transaction, clock: Clock, actor: Actor): Promise<void> {
  const [account] = await tx.$queryRaw<unknown[]>`SELECT 1 FROM users WHERE id = ${userOf(actor)} FOR UPDATE`;
  if (!account || !(await grantHolds(tx, clock, actor))) throw new AppError('UNAUTHORIZED');
}
