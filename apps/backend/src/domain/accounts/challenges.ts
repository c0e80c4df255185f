import { randomBytes } from 'node:crypto';
import { AppError } from '@agentbot/contracts';
import type { Challenge, Prisma } from '../../generated/prisma/client.ts';
import type { Transaction } from '../../infra/database/database.ts';
import { type Clock, msAhead } from '../../shared/clock.ts';
import type { Context } from '../context.ts';

const LIFETIME_MS = 10 * 60_000;
/** How long the browser may take to use or create a passkey that signs in. */
export const PASSKEY_LIFETIME_MS = 5 * 60_000;

type Slice = Pick<Context, 'database' | 'clock'>;
type Key = Pick<Challenge, 'ownerId' | 'purpose' | 'subject'>;

/** A random nonce for a challenge: 16 bytes as 32 hexadecimal digits. */
export const newNonce = () => randomBytes(16).toString('hex');

/** When a challenge that is created now expires. */
export const challengeEnd = (clock: Clock) => msAhead(clock, LIFETIME_MS);
/** When a challenge of the sign-in, or of a passkey for it, expires that is created now. */
export const passkeyChallengeEnd = (clock: Clock) => msAhead(clock, PASSKEY_LIFETIME_MS);

/** Stores a challenge; replaces an earlier one with the same key and deletes the owner's expired challenges. */
export async function storeChallenge(
  { database, clock }: Slice,
  key: Key,
  text: string,
  expiresAt: Date,
  data: Prisma.InputJsonObject = {},
) {
  await database.as({ userId: key.ownerId }, async (tx) => {
    await tx.challenge.deleteMany({ where: { ownerId: key.ownerId, expiresAt: { lte: clock.now() } } });
    const content = { text, data, expiresAt };
    await tx.challenge.upsert({ where: { ownerId_purpose_subject: key }, create: { ...key, ...content }, update: content });
  });
}

/** The open challenge. @throws AppError INVALID_REQUEST when there is none or it has expired */
export async function openChallenge({ database, clock }: Slice, key: Key): Promise<Challenge> {
  const row = await database.as({ userId: key.ownerId }, (tx) => tx.challenge.findUnique({ where: { ownerId_purpose_subject: key } }));
  if (!row || row.expiresAt <= clock.now()) throw new AppError('INVALID_REQUEST', 'There is no open challenge: request a challenge first');
  return row;
}

/**
 * Deletes a challenge in the transaction of the change that it authorizes, so that it is used at most once.
 * @throws AppError INVALID_REQUEST when another request has used it or it has expired
 */
export async function consumeChallenge(tx: Transaction, clock: Clock, { ownerId, purpose, subject, text }: Challenge): Promise<void> {
  const { count } = await tx.challenge.deleteMany({ where: { ownerId, purpose, subject, text, expiresAt: { gt: clock.now() } } });
  if (count === 0) throw new AppError('INVALID_REQUEST', 'This challenge was already used or has expired: request a new one');
}

/**
 * Deletes the open challenge before the response to it is checked: a second response finds none, even if the first was refused.
 * @returns its text
 * @throws AppError CHALLENGE_EXPIRED when there is none, or it has expired
 */
export async function takeChallenge({ database, clock }: Slice, { ownerId, purpose, subject }: Key): Promise<string> {
  const [taken] = await database.as(
    { userId: ownerId },
    (tx) => tx.$queryRaw<{ text: string }[]>`
      DELETE FROM challenges WHERE owner_id = ${ownerId} AND purpose = ${purpose} AND subject = ${subject}
        AND expires_at > ${clock.now()} RETURNING text`,
  );
  if (!taken) throw new AppError('CHALLENGE_EXPIRED');
  return taken.text;
}
