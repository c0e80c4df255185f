import { type AccountView, AppError } from '@agentbot/contracts';
import { type Actor, userOf } from '../../shared/actor.ts';
import type { Context } from '../context.ts';

/** The actor's account as its page shows it. @throws AppError UNAUTHORIZED when the account no longer exists */
export async function getAccount({ accounts, database }: Pick<Context, 'accounts' | 'database'>, actor: Actor): Promise<AccountView> {
  const { id, email, name, admin, plan } = await accounts.find(userOf(actor));
  const row = await database.as({ userId: id }, (tx) =>
    tx.user.findUnique({ where: { id }, include: { identities: true, signInPasskeys: { select: { id: true }, take: 1 } } }),
  );
  if (!row) throw new AppError('UNAUTHORIZED');
  return {
    id,
    email,
    emailVerifiedAt: row.emailVerifiedAt?.toISOString() ?? null,
    name,
    admin,
    plan,
    hasPassword: row.passwordHash !== null,
    providers: row.identities.map(({ provider }) => provider as AccountView['providers'][number]),
    agentMails: row.agentMails,
    hasPasskey: row.signInPasskeys.length > 0,
    createdAt: row.createdAt.toISOString(),
  };
}
