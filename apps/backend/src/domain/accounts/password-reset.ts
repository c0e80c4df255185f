import { randomBytes } from 'node:crypto';
import { AppError } from '@agentbot/contracts';
import { sha256 } from '../../shared/sha256.ts';
import type { Context } from '../context.ts';
import { hashPassword } from './password.ts';
import { removeCredentials } from './remove-credentials.ts';
import { endSessionsOf } from './sessions.ts';

const VALID_MS = 3_600_000;

/**
 * Mails a link to set a new password, if there is such an account. The mail is sent after this returns, so that the
 * time it takes tells nothing either.
 * @throws AppError MAIL_UNAVAILABLE without a mail server
 */
export async function requestPasswordReset({ config, database, log }: Context, email: string): Promise<void> {
  const { SMTP_URL, MAIL_FROM, DASHBOARD_URL } = config;
  if (!SMTP_URL) throw new AppError('MAIL_UNAVAILABLE');
  const token = randomBytes(32).toString('base64url');
  const user = await database.as('service', async (tx) => {
    const found = await tx.user.findUnique({ where: { email } });
    await tx.passwordReset.deleteMany({ where: { expiresAt: { lt: new Date() } } });
    if (found) {
      await tx.passwordReset.create({ data: { hash: sha256(token), ownerId: found.id, expiresAt: new Date(Date.now() + VALID_MS) } });
    }
    return found;
  });
  if (!user) return;
  const link = new URL(`/reset?token=${token}`, DASHBOARD_URL);
  const text = `Somebody, hopefully you, asked to set a new password for ${email} at Agentbot.\n\nSet it here within an hour:\n${link}\n\nIf it was not you, there is nothing to do.\n`;
  const send = async () => {
    const { createTransport } = await import('nodemailer');
    await createTransport(SMTP_URL).sendMail({ from: MAIL_FROM, to: email, subject: 'Set a new password', text });
  };
  send().catch((error) => log.error({ err: { message: error.message, code: error.code }, userId: user.id }, 'a mail could not be sent'));
}

interface NewPassword {
  token: string;
  password: string;
  /** Whether the account's API keys end as well. */
  revokeKeys?: boolean | undefined;
}

/**
 * Sets a new password; every session and every other link ends. API keys stay unless they are to be revoked: programs go on
 * when their owner forgot a password. The first link that is used proves the address, and removes every credential from before.
 * @throws AppError INVALID_REQUEST for a used or old link
 */
export async function resetPassword({ database }: Pick<Context, 'database'>, { token, password, revokeKeys }: NewPassword): Promise<void> {
  const passwordHash = await hashPassword(password);
  await database.as('service', async (tx) => {
    // Of two requests with one link, one deletes it.
    const [reset] = await tx.$queryRaw<{ ownerId: string }[]>`
      DELETE FROM password_resets WHERE hash = ${sha256(token)} AND expires_at > now() RETURNING owner_id AS "ownerId"`;
    if (!reset) throw new AppError('INVALID_REQUEST', 'This link is no longer valid');
    const { ownerId } = reset;
    // The lock comes first: a credential that is being stored either is here by now, or waits and then finds its session ended.
    await tx.$queryRaw`SELECT 1 FROM users WHERE id = ${ownerId} FOR UPDATE`;
    const { emailVerifiedAt } = await tx.user.findUniqueOrThrow({ where: { id: ownerId } });
    if (!emailVerifiedAt) await removeCredentials(tx, ownerId);
    if (revokeKeys) await tx.apiKey.deleteMany({ where: { ownerId } });
    await endSessionsOf(tx, ownerId);
    await tx.passwordReset.deleteMany({ where: { ownerId } });
    await tx.user.update({ where: { id: ownerId }, data: { passwordHash, emailVerifiedAt: emailVerifiedAt ?? new Date() } });
  });
}
