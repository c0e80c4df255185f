import { randomBytes } from 'node:crypto';
import { AppError } from '@agentbot/contracts';
import type { Challenge, Prisma } from '../../generated/prisma/client.ts';
import type { Transaction } from '../../infra/database/database.ts';
import type { Context } from '../context.ts';

const VALID_MS = 10 * 60_000;

type Slice = Pick<Context, 'database'>;
type Key = Pick<Challenge, 'ownerId' | 'purpose' | 'subject'>;

/** A random value that makes a challenge unlike any other: 32 hexadecimal digits. */
export const newNonce = () => randomBytes(16).toString('hex');

/** When a challenge that is made now is over. */
export const challengeEnd = () => new Date(Date.now() + VALID_MS);

/** Stores a challenge in place of an earlier one for the same thing, and forgets what is over. */
export async function storeChallenge({ database }: Slice, key: Key, text: string, expiresAt: Date, data: Prisma.InputJsonObject = {}) {
  await database.as({ userId: key.ownerId }, async (tx) => {
    await tx.challenge.deleteMany({ where: { ownerId: key.ownerId, expiresAt: { lt: new Date() } } });
    const rest = { text, data, expiresAt };
    await tx.challenge.upsert({ where: { ownerId_purpose_subject: key }, create: { ...key, ...rest }, update: rest });
  });
}

/** The open challenge. @throws AppError INVALID_REQUEST when there is none, or its time is over */
export async function openChallenge({ database }: Slice, key: Key): Promise<Challenge> {
  const row = await database.as({ userId: key.ownerId }, (tx) => tx.challenge.findUnique({ where: { ownerId_purpose_subject: key } }));
  if (!row || row.expiresAt < new Date()) throw new AppError('INVALID_REQUEST', 'There is no open challenge: ask for one first');
  return row;
}

/** Takes a challenge away in the transaction that does what it was for. @throws AppError INVALID_REQUEST when another took it */
export async function consumeChallenge(tx: Transaction, { ownerId, purpose, subject, text }: Challenge): Promise<void> {
  const { count } = await tx.challenge.deleteMany({ where: { ownerId, purpose, subject, text, expiresAt: { gte: new Date() } } });
  if (count === 0) throw new AppError('INVALID_REQUEST', 'This challenge was used already');
}
