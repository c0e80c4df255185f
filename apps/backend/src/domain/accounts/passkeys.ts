import { AppError, type PasskeyView } from '@agentbot/contracts';
import type { SignInPasskey } from '../../generated/prisma/client.ts';
import { type Actor, userOf } from '../../shared/actor.ts';
import type { Context } from '../context.ts';
import { lockAccount } from './grants.ts';
import { endSessionsOf } from './sessions.ts';

type Slice = Pick<Context, 'database' | 'clock'>;

/** A passkey that signs in, as the account page shows it. */
export const passkeyView = ({ id, name, createdAt, lastUsedAt }: SignInPasskey): PasskeyView => ({
  id,
  name,
  createdAt: createdAt.toISOString(),
  lastUsedAt: lastUsedAt?.toISOString() ?? null,
});

/**
 * The user handle of an account's passkeys. An authenticator keeps one passkey per site and handle: a passkey that verifies agents
 * has the account's id as its handle, and neither replaces the other.
 */
export const handleOf = (ownerId: string): Buffer<ArrayBuffer> => Buffer.from(`sign-in:${ownerId}`);

/** The passkeys that sign in to the actor's account, newest first. */
export async function listPasskeys({ database }: Slice, actor: Actor): Promise<SignInPasskey[]> {
  const ownerId = userOf(actor);
  return database.as({ userId: ownerId }, (tx) =>
    tx.signInPasskey.findMany({ where: { ownerId }, orderBy: [{ createdAt: 'desc' }, { id: 'asc' }] }),
  );
}

/** @throws AppError PASSKEY_NOT_FOUND when the passkey is unknown or another account's */
export async function renamePasskey({ database }: Slice, actor: Actor, id: string, name: string): Promise<PasskeyView> {
  const ownerId = userOf(actor);
  const [renamed] = await database.as({ userId: ownerId }, (tx) =>
    tx.signInPasskey.updateManyAndReturn({ where: { id, ownerId }, data: { name } }),
  );
  if (!renamed) throw new AppError('PASSKEY_NOT_FOUND');
  return passkeyView(renamed);
}

/**
 * Removes a passkey and ends the sessions that it began, but not the actor's own: the device may have been stolen.
 * @throws AppError PASSKEY_NOT_FOUND when the passkey is unknown or another account's, UNAUTHORIZED when the session ends meanwhile
 */
export async function removePasskey(
  { database, callers, clock }: Slice & Pick<Context, 'callers'>,
  actor: Actor,
  id: string,
): Promise<void> {
  const ownerId = userOf(actor);
  await database.as({ userId: ownerId }, async (tx) => {
    // A sign-in holds the account's row until its session is stored: it ends here, or no longer finds the passkey.
    await lockAccount(tx, clock, actor);
    const { count } = await tx.signInPasskey.deleteMany({ where: { id, ownerId } });
    if (count === 0) throw new AppError('PASSKEY_NOT_FOUND');
    await endSessionsOf(tx, clock, ownerId, { keeping: actor, passkeyId: id });
  });
  await callers.fence();
}
