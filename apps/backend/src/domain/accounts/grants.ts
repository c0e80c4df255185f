import { AppError } from '@agentbot/contracts';
import type { Transaction } from '../../infra/database/database.ts';
import { type Actor, userOf } from '../../shared/actor.ts';

/** Under this name triggers of the database tell every process the id of an API key or a session that has ended or changed. */
export const GRANT_CHANGES = 'grant_changes';

/** Whether what let an actor in still holds: an API key or a session can end after a request has begun. */
export async function grantHolds(tx: Transaction, actor: Actor): Promise<boolean> {
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
