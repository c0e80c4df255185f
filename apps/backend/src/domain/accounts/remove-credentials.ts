import type { Transaction } from '../../infra/database/database.ts';

/**
 * Removes every credential of an account except its password. The creator of the account may not own its address: they must
 * lose access once the owner proves the address.
 */
export async function removeCredentials(tx: Transaction, ownerId: string): Promise<void> {
  const where = { ownerId };
  await tx.session.deleteMany({ where });
  await tx.apiKey.deleteMany({ where });
  await tx.identity.deleteMany({ where });
  await tx.signInPasskey.deleteMany({ where });
  await tx.passkey.deleteMany({ where });
  await tx.wallet.deleteMany({ where });
  await tx.challenge.deleteMany({ where });
  await tx.passwordReset.deleteMany({ where });
}
