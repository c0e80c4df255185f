import { AppError, SESSION_SECONDS } from '@agentbot/contracts';
import type { Session } from '../../generated/prisma/client.ts';
import type { Transaction } from '../../infra/database/database.ts';
import { type Clock, msAhead } from '../../shared/clock.ts';
import { newId } from '../../shared/ids.ts';
import type { Context } from '../context.ts';

type Slice = Pick<Context, 'database' | 'clock'>;

/** Creates a browser session in the transaction that checked the credential. @returns the session's id */
export async function beginSession(tx: Transaction, clock: Clock, ownerId: string, userAgent: string | undefined): Promise<string> {
  const expiresAt = msAhead(clock, SESSION_SECONDS * 1000);
  const { id } = await tx.session.create({ data: { id: newId('session'), ownerId, userAgent: userAgent ?? null, expiresAt } });
  return id;
}

/** The user's session, or null when it has ended or expired. Notes that it was seen. */
export async function findLiveSession(
  { database, callers, clock }: Slice & Pick<Context, 'callers'>,
  userId: string,
  id: string,
): Promise<Session | null> {
  const session = await callers.sessions.read(id, () =>
    database.as({ userId }, (tx) => tx.session.findFirst({ where: { id, ownerId: userId, endedAt: null } })),
  );
  const now = clock.now();
  if (!session || session.ownerId !== userId || session.expiresAt <= now) return null;
  session.lastSeenAt = callers.lastSeen.note('sessions', id, session.lastSeenAt, now);
  return session;
}

/**
 * Ends one session in every process.
 * @returns the id of its user
 * @throws AppError SESSION_NOT_FOUND when the session is unknown or has ended
 */
export async function endSession({ database, callers, clock }: Slice & Pick<Context, 'callers'>, id: string): Promise<{ ownerId: string }> {
  const [ended] = await database.as('service', (tx) =>
    tx.session.updateManyAndReturn({ where: { id, endedAt: null }, data: { endedAt: clock.now() } }),
  );
  if (!ended) throw new AppError('SESSION_NOT_FOUND');
  await callers.fence();
  return ended;
}

/** Ends every session of an account. */
export async function endSessionsOf(tx: Transaction, clock: Clock, ownerId: string): Promise<void> {
  await tx.session.updateMany({ where: { ownerId, endedAt: null }, data: { endedAt: clock.now() } });
}

/** Deletes sessions that have expired. */
export async function deleteExpiredSessions({ database, clock }: Slice): Promise<void> {
  await database.as('service', (tx) => tx.session.deleteMany({ where: { expiresAt: { lt: clock.now() } } }));
}
