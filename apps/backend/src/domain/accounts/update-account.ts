import { type AccountChange, AppError } from '@agentbot/contracts';
import { type Actor, userOf } from '../../shared/actor.ts';
import type { Context } from '../context.ts';
import { lockAccount } from './grants.ts';
import { checkPassword, hashPassword } from './password.ts';
import { endSessionsOf } from './sessions.ts';

type Slice = Pick<Context, 'database' | 'callers' | 'clock'>;

/**
 * The password hash of the actor's account, after a check of the password that the actor typed.
 * @throws AppError WRONG_PASSWORD, INVALID_REQUEST when the account signs in without a password
 */
async function checkCurrentPassword({ database }: Pick<Context, 'database'>, ownerId: string, typed: string): Promise<string> {
  const row = await database.as({ userId: ownerId }, (tx) => tx.user.findUnique({ where: { id: ownerId } }));
  if (!row) throw new AppError('UNAUTHORIZED');
  if (!row.passwordHash) throw new AppError('INVALID_REQUEST', 'This account has no password: it signs in with GitHub or Google');
  if (!(await checkPassword(row.passwordHash, typed))) throw new AppError('WRONG_PASSWORD');
  return row.passwordHash;
}

/**
 * Changes the actor's name, choice of mails or password. A new password ends every other session and every link to set one; API keys stay valid,
 * so that programs keep their access.
 * @throws AppError WRONG_PASSWORD, INVALID_REQUEST, UNAUTHORIZED when the session ends meanwhile
 */
export async function updateAccount(context: Slice, actor: Actor, change: AccountChange): Promise<void> {
  const { name, agentMails, password, currentPassword = '' } = change;
  const id = userOf(actor);
  const { database, clock } = context;
  const oldHash = password === undefined ? undefined : await checkCurrentPassword(context, id, currentPassword);
  const passwordHash = password === undefined ? undefined : await hashPassword(password);
  await database.as({ userId: id }, async (tx) => {
    await lockAccount(tx, clock, actor);
    if (name !== undefined || agentMails !== undefined) await tx.user.update({ where: { id }, data: { name, agentMails } });
    if (passwordHash === undefined || oldHash === undefined) return;
    // The password may have changed during the check above.
    const { count } = await tx.user.updateMany({ where: { id, passwordHash: oldHash }, data: { passwordHash } });
    if (count === 0) throw new AppError('WRONG_PASSWORD');
    await endSessionsOf(tx, clock, id, { keeping: actor });
    await tx.passwordReset.deleteMany({ where: { ownerId: id } });
  });
  if (passwordHash !== undefined) await context.callers.fence();
}
