import type { Transaction } from '../database/database.ts';

/**
 * Removes everything that lets anybody act as an account, but its password: whoever opened the account may not have owned
 * its address, and keeps nothing once somebody proves that they do.
 */
export async function removeCredentials(tx: Transaction, ownerId: string): Promise<void> {
  const where = { ownerId };
  await tx.session.deleteMany({ where });
  await tx.apiKey.deleteMany({ where });
  await tx.identity.deleteMany({ where });
  await tx.passkey.deleteMany({ where });
  await tx.wallet.deleteMany({ where });
  await tx.challenge.deleteMany({ where });
  await tx.passwordReset.deleteMany({ where });
}
