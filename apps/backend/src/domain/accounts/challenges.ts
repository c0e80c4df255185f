import { randomBytes } from 'node:crypto';
import { AppError } from '@agentbot/contracts';
import type { Challenge, Prisma } from '../../generated/prisma/client.ts';
import type { Transaction } from '../../infra/database/database.ts';
import { type Clock, msAhead } from '../../shared/clock.ts';
import type { Context } from '../context.ts';

const LIFETIME_MS = 10 * 60_000;

type Slice = Pick<Context, 'database' | 'clock'>;
type Key = Pick<Challenge, 'ownerId' | 'purpose' | 'subject'>;

/** A random nonce for a challenge: 16 bytes as 32 hexadecimal digits. */
export const newNonce = () => randomBytes(16).toString('hex');

/** When a challenge that is created now expires. */
export const challengeEnd = (clock: Clock) => msAhead(clock, LIFETIME_MS);

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
