import { randomBytes } from 'node:crypto';
import { AppError } from '@agentbot/contracts';
import type { Config } from '../../config/config.ts';
import type { User } from '../../generated/prisma/client.ts';
import type { Transaction } from '../../infra/database/database.ts';
import { sendMail } from '../../infra/mail/send-mail.ts';
import { type Actor, SERVICE_ACCOUNT } from '../../shared/actor.ts';
import { msAhead } from '../../shared/clock.ts';
import { sha256 } from '../../shared/sha256.ts';
import type { Context } from '../context.ts';
import { emailTaken, insertUser, isAdministratorBySetting } from './accounts.ts';
import { lockRemovableUser } from './administrators.ts';
import { LINK_LIFETIME_MS, resetLink } from './password-reset.ts';
import { endSessionsOf } from './sessions.ts';

type Slice = Pick<Context, 'database' | 'config' | 'clock'>;

/** How long an invitation is valid. */
const INVITATION_LIFETIME_MS = 7 * 24 * 3_600_000;

/**
 * Opens an account for somebody who then sets its password with a link. The link is mailed, and proves the address; without a mail
 * server the administrator hands it over.
 * @returns the account with the link; its `url` is null when it was mailed
 * @throws AppError EMAIL_TAKEN, MAIL_UNAVAILABLE when the mail could not be sent: then there is no account
 */
export async function createUser(
  { database, config, clock, log }: Slice & Pick<Context, 'log'>,
  { email, name }: { email: string; name?: string | undefined },
): Promise<{ id: string; email: string; url: string | null; expiresAt: string }> {
  const { SMTP_URL } = config;
  const token = randomBytes(32).toString('base64url');
  const url = resetLink(config, token);
  const expiresAt = msAhead(clock, INVITATION_LIFETIME_MS);
  const data = { email, emailVerifiedAt: null, name: name ?? null, passwordHash: null };
  const { id } = await database
    .as('service', async (tx) => {
      const user = await insertUser(tx, data, true);
      await tx.passwordReset.create({ data: { hash: sha256(token), ownerId: user.id, expiresAt, provesEmail: Boolean(SMTP_URL) } });
      return user;
    })
    .catch(emailTaken);
  const answer = { id, email, expiresAt: expiresAt.toISOString() };
  if (!SMTP_URL) return { ...answer, url };
  const text = `An account for ${email} was opened for you at ${new URL(config.DASHBOARD_URL).host}.\n\nOpen this link within a week to set its password:\n${url}\n\nIf you do not want the account, ignore this mail: nobody can sign in to it.\n`;
  try {
    await sendMail(config, SMTP_URL, { to: email, subject: 'Your account at Agentbot', text });
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    log.error({ err: { message, code }, userId: id }, 'the mail to a new user could not be sent');
    await database.as('service', (tx) => tx.user.delete({ where: { id } }));
    throw new AppError('MAIL_UNAVAILABLE', 'The mail could not be sent, so no account was created. Test the mail settings, then try again');
  }
  return { ...answer, url: null };
}

/** Refuses an administrator's action on their own account. @throws AppError INVALID_REQUEST */
export function requireOther(actor: Actor, userId: string, sentence: string): void {
  if (actor.kind === 'user' && actor.userId === userId) throw new AppError('INVALID_REQUEST', sentence);
}

/** Locks a user. @throws AppError USER_NOT_FOUND for an unknown account or one that is being deleted */
async function lockUser(tx: Transaction, id: string): Promise<User> {
  await tx.$queryRaw`SELECT 1 FROM users WHERE id = ${id} FOR UPDATE`;
  const user = await tx.user.findFirst({ where: { AND: [{ id }, { id: { not: SERVICE_ACCOUNT } }], closingAt: null } });
  if (!user) throw new AppError('USER_NOT_FOUND');
  return user;
}

/** Takes a granted plan away. The agents then need a plan, as after the end of a subscription. @throws AppError USER_NOT_FOUND */
export function withdrawPlan({ database, clock }: Slice, id: string): Promise<User> {
  return database.as('service', async (tx) => {
    const { plan } = await lockUser(tx, id);
    return tx.user.update({ where: { id }, data: { plan: null, ...(plan && { planWithdrawnAt: clock.now() }) } });
  });
}

function requireChangeableRole(config: Config, user: User): void {
  if (!isAdministratorBySetting(config, user)) return;
  throw new AppError('INVALID_REQUEST', 'ADMIN_EMAILS makes this user an administrator: remove the address there');
}

/** Makes a user an administrator, or takes that right away. @throws AppError USER_NOT_FOUND, LAST_ADMINISTRATOR, INVALID_REQUEST */
export async function setUserRole(
  { database, callers, config }: Slice & Pick<Context, 'callers'>,
  id: string,
  admin: boolean,
): Promise<User> {
  const changed = await database.as('service', async (tx) => {
    const user = admin ? await lockUser(tx, id) : await lockRemovableUser(tx, config, id);
    if (!admin) requireChangeableRole(config, user);
    return tx.user.update({ where: { id }, data: { isAdmin: admin } });
  });
  await callers.fence();
  return changed;
}

/**
 * Blocks a user, which ends every session, or unblocks them. API keys stay, and are refused while the user is blocked.
 * @throws AppError USER_NOT_FOUND, LAST_ADMINISTRATOR
 */
export async function setUserBlocked(
  { database, callers, config, clock }: Slice & Pick<Context, 'callers'>,
  id: string,
  blocked: boolean,
): Promise<User> {
  const changed = await database.as('service', async (tx) => {
    const user = blocked ? await lockRemovableUser(tx, config, id) : await lockUser(tx, id);
    if (blocked) await endSessionsOf(tx, clock, id);
    return tx.user.update({ where: { id }, data: { blockedAt: blocked ? (user.blockedAt ?? clock.now()) : null } });
  });
  await callers.fence();
  return changed;
}

/**
 * Creates a link with which a user sets a new password, for an administrator to hand over. It proves no address: nobody knows who
 * reads it.
 * @throws AppError USER_NOT_FOUND, MAIL_AVAILABLE where the user can request a mail
 */
export async function createResetLink({ database, config, clock }: Slice, ownerId: string): Promise<{ url: string; expiresAt: string }> {
  const token = randomBytes(32).toString('base64url');
  const expiresAt = msAhead(clock, LINK_LIFETIME_MS);
  await database.as('service', async (tx) => {
    await lockUser(tx, ownerId);
    if (config.SMTP_URL) throw new AppError('MAIL_AVAILABLE');
    await tx.passwordReset.create({ data: { hash: sha256(token), ownerId, expiresAt, provesEmail: false } });
  });
  return { url: resetLink(config, token), expiresAt: expiresAt.toISOString() };
}
