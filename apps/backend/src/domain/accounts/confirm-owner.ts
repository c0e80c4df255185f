import { AppError } from '@agentbot/contracts';
import type { Context } from '../context.ts';
import { checkPassword } from './password.ts';

/** What a person typed to confirm that the account is theirs. */
export interface Confirmation {
  password?: string | undefined;
  email?: string | undefined;
}

/**
 * Checks that the owner of an account wants what cannot be undone, or what opens the account: the password, or the email for an
 * account without a password.
 * @param wish what the owner wants, for the sentence of a missing value: `delete it`
 * @throws AppError WRONG_PASSWORD, INVALID_REQUEST for a missing password or another email, UNAUTHORIZED for an unknown account
 */
export async function confirmOwner(
  { database }: Pick<Context, 'database'>,
  userId: string,
  { password, email }: Confirmation,
  wish: string,
): Promise<void> {
  const row = await database.as({ userId }, (tx) => tx.user.findUnique({ where: { id: userId } }));
  if (!row) throw new AppError('UNAUTHORIZED');
  if (row.passwordHash === null) {
    if (email?.trim().toLowerCase() !== row.email) throw new AppError('INVALID_REQUEST', `Type the email of the account to ${wish}`);
    return;
  }
  if (password === undefined) throw new AppError('INVALID_REQUEST', `Type the password of the account to ${wish}`);
  if (!(await checkPassword(row.passwordHash, password))) throw new AppError('WRONG_PASSWORD');
}
