import type { Transaction } from '../../infra/database/database.ts';
import { sendMail } from '../../infra/mail/send-mail.ts';
import { type Clock, msAhead } from '../../shared/clock.ts';
import { newId } from '../../shared/ids.ts';
import type { Context } from '../context.ts';

/** The mails that one round takes. The mail server may let each wait for half a minute. */
const BATCH = 20;
/** How long the mails of a round are not taken by another process: longer than a round takes. */
const LEASE_MS = 15 * 60_000;
const MINUTE_MS = 60_000;
/** The minutes after each failed attempt. A mail that fails after the last of them is given up. */
const RETRY_MINUTES = [1, 5, 30, 120, 360];

interface NewMail {
  ownerId: string;
  subject: string;
  text: string;
}

/** Queues mails in the caller's transaction. A mail must contain no secret and no sign-in link. */
export async function queueMails(tx: Transaction, clock: Clock, mails: NewMail[]): Promise<void> {
  if (mails.length === 0) return;
  const now = clock.now();
  await tx.mail.createMany({ data: mails.map((mail) => ({ id: newId('mail'), createdAt: now, nextAt: now, ...mail })) });
}

interface DueMail extends NewMail {
  id: string;
  attempts: number;
  email: string;
  /** Whether the address is confirmed, and the account neither blocked nor about to be deleted. */
  isWanted: boolean;
}
type Slice = Pick<Context, 'config' | 'database' | 'clock' | 'log'>;

const takeMails = ({ database, clock }: Slice) =>
  database.as(
    'service',
    (tx) => tx.$queryRaw<DueMail[]>`
      UPDATE mails SET attempts = attempts + 1, next_at = ${msAhead(clock, LEASE_MS)}
      FROM users u
      WHERE u.id = mails.owner_id AND mails.id IN (
        SELECT id FROM mails WHERE next_at <= ${clock.now()} ORDER BY next_at LIMIT ${BATCH} FOR UPDATE SKIP LOCKED
      )
      RETURNING mails.id, mails.owner_id AS "ownerId", subject, text, attempts, u.email,
        u.email_verified_at IS NOT NULL AND u.blocked_at IS NULL AND u.closing_at IS NULL AS "isWanted"`,
  );

/** Sends one mail. @returns when it is tried again; null when it is done with */
async function deliver({ config, clock, log }: Slice, server: string, mail: DueMail): Promise<Date | null> {
  const { ownerId, subject, text, attempts, email, isWanted } = mail;
  if (!isWanted) return null;
  try {
    await sendMail(config, server, { to: email, subject, text });
    return null;
  } catch (thrown) {
    // The error's text may contain the address.
    const { code, responseCode = 0 } = thrown as { code?: string; responseCode?: number };
    // From 500 on, the server refuses for good (RFC 5321, 4.2.1).
    const minutes = responseCode >= 500 ? undefined : RETRY_MINUTES[attempts - 1];
    const known = { code, responseCode, userId: ownerId, attempts };
    log.warn(known, minutes ? 'a mail could not be sent; it is tried again' : 'a mail could not be sent, and is given up');
    return minutes ? msAhead(clock, minutes * MINUTE_MS) : null;
  }
}

/**
 * Hands the mails that are due to the mail server. A mail whose process dies meanwhile is sent again. Without
 * a mail server nothing is sent, and without a confirmed address of an account in use a mail is dropped.
 */
export async function deliverMails(context: Slice): Promise<void> {
  const { config, database } = context;
  if (!config.SMTP_URL) return;
  for (let mails = await takeMails(context); mails.length > 0; mails = await takeMails(context)) {
    for (const mail of mails) {
      const nextAt = await deliver(context, config.SMTP_URL, mail);
      const where = { id: mail.id };
      await database.as('service', (tx) => (nextAt ? tx.mail.updateMany({ where, data: { nextAt } }) : tx.mail.deleteMany({ where })));
    }
  }
}
