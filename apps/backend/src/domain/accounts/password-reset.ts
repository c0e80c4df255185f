import { randomBytes } from 'node:crypto';
import { AppError } from '@agentbot/contracts';
import { sendMail } from '../../infra/mail/send-mail.ts';
import { msAhead } from '../../shared/clock.ts';
import { sha256 } from '../../shared/sha256.ts';
import type { Context } from '../context.ts';
import { hashPassword } from './password.ts';
import { removeCredentials } from './remove-credentials.ts';
import { endSessionsOf } from './sessions.ts';

/** How long a link to set a password is valid. */
export const LINK_LIFETIME_MS = 3_600_000;

/** The dashboard's page that sets a password with the token of a link. */
export const resetLink = ({ DASHBOARD_URL }: Pick<Context['config'], 'DASHBOARD_URL'>, token: string): string =>
  new URL(`/reset?token=${token}`, DASHBOARD_URL).href;

/**
 * Mails a link to set a new password, if the account exists. The mail is sent in the background, so that the response time
 * does not reveal whether the account exists.
 * @throws AppError MAIL_UNAVAILABLE without a mail server
 */
export async function requestPasswordReset({ config, database, clock, log }: Context, email: string): Promise<void> {
  const { SMTP_URL } = config;
  if (!SMTP_URL) throw new AppError('MAIL_UNAVAILABLE');
  const token = randomBytes(32).toString('base64url');
  const user = await database.as('service', async (tx) => {
    const row = await tx.user.findUnique({ where: { email, closingAt: null } });
    await tx.passwordReset.deleteMany({ where: { expiresAt: { lt: clock.now() } } });
    if (row) {
      const expiresAt = msAhead(clock, LINK_LIFETIME_MS);
      await tx.passwordReset.create({ data: { hash: sha256(token), ownerId: row.id, expiresAt } });
    }
    return row;
  });
  if (!user) return;
  const link = resetLink(config, token);
  const text = `Agentbot received a request to set a new password for ${email}.\n\nOpen this link within one hour to set it:\n${link}\n\nIf you did not send the request, ignore this mail: your password stays the same.\n`;
  sendMail(config, SMTP_URL, { to: email, subject: 'Set a new password', text }).catch((error) =>
    log.error({ err: { message: error.message, code: error.code }, userId: user.id }, 'password reset mail could not be sent'),
  );
}

interface NewPassword {
  token: string;
  password: string;
  /** Whether the account's API keys end as well. */
  revokeKeys?: boolean | undefined;
  /** Whether the passkeys that sign in to the account are removed as well. */
  removePasskeys?: boolean | undefined;
}

/**
 * Sets a new password and ends every session and every other link. API keys stay valid unless `revokeKeys` is set, so that
 * programs keep their access, and passkeys unless `removePasskeys` is set. The first mailed link proves the address and removes every credential from before.
 * @throws AppError INVALID_REQUEST for a used or expired link
 */
export async function resetPassword(
  { database, callers, clock }: Pick<Context, 'database' | 'callers' | 'clock'>,
  { token, password, revokeKeys, removePasskeys }: NewPassword,
): Promise<void> {
  const passwordHash = await hashPassword(password);
  await database.as('service', async (tx) => {
    // The delete claims the link: of two parallel requests with one link, only one gets the row.
    const [reset] = await tx.$queryRaw<{ ownerId: string; provesEmail: boolean }[]>`
      DELETE FROM password_resets WHERE hash = ${sha256(token)} AND expires_at > ${clock.now()} RETURNING owner_id AS "ownerId",
        proves_email AS "provesEmail"`;
    if (!reset) throw new AppError('INVALID_REQUEST', 'This link is no longer valid');
    const { ownerId, provesEmail } = reset;
    // Same lock as `lockAccount`: a parallel write of a credential either commits before it, or then finds its session ended.
    await tx.$queryRaw`SELECT 1 FROM users WHERE id = ${ownerId} FOR UPDATE`;
    const { emailVerifiedAt, closingAt } = await tx.user.findUniqueOrThrow({ where: { id: ownerId } });
    if (closingAt) throw new AppError('INVALID_REQUEST', 'This link is no longer valid');
    const isFirstProof = provesEmail && !emailVerifiedAt;
    if (isFirstProof) await removeCredentials(tx, ownerId);
    if (revokeKeys) await tx.apiKey.deleteMany({ where: { ownerId } });
    if (removePasskeys) await tx.signInPasskey.deleteMany({ where: { ownerId } });
    await endSessionsOf(tx, clock, ownerId);
    await tx.passwordReset.deleteMany({ where: { ownerId } });
    await tx.user.update({ where: { id: ownerId }, data: { passwordHash, ...(isFirstProof && { emailVerifiedAt: clock.now() }) } });
  });
  await callers.fence();
}
