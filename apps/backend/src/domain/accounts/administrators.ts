import { AppError } from '@agentbot/contracts';
import type { Config } from '../../config/config.ts';
import type { User } from '../../generated/prisma/client.ts';
import type { Transaction } from '../../infra/database/database.ts';
import { SERVICE_ACCOUNT } from '../../shared/actor.ts';
import { isAdministrator } from './accounts.ts';

/** Key of an advisory lock. It serializes changes after which an account no longer administers the installation. */
const ADMINISTRATORS_LOCK = 4_217_002;

/**
 * Locks a user for a change after which they no longer administer the installation.
 * @throws AppError USER_NOT_FOUND for an unknown account or one that is being deleted, LAST_ADMINISTRATOR
 */
export async function lockRemovableUser(tx: Transaction, config: Config, id: string): Promise<User> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(${ADMINISTRATORS_LOCK})`;
  await tx.$queryRaw`SELECT 1 FROM users WHERE id = ${id} FOR UPDATE`;
  const user = await tx.user.findFirst({ where: { AND: [{ id }, { id: { not: SERVICE_ACCOUNT } }], closingAt: null } });
  if (!user) throw new AppError('USER_NOT_FOUND');
  if (!isAdministrator(config, user)) return user;
  const others = await tx.user.findMany({
    where: {
      id: { notIn: [id, SERVICE_ACCOUNT] },
      closingAt: null,
      blockedAt: null,
      OR: [{ isAdmin: true }, { email: { in: config.ADMIN_EMAILS } }],
    },
  });
  if (!others.some((other) => isAdministrator(config, other))) throw new AppError('LAST_ADMINISTRATOR');
  return user;
}
