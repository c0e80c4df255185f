import { AppError, SESSION_SECONDS, type SessionView } from '@agentbot/contracts';
import type { Session } from '../../generated/prisma/client.ts';
import type { Transaction } from '../../infra/database/database.ts';
import { type Actor, userOf } from '../../shared/actor.ts';
import { type Clock, msAhead } from '../../shared/clock.ts';
import { newId } from '../../shared/ids.ts';
import type { Context } from '../context.ts';

type Slice = Pick<Context, 'database' | 'clock'>;

/**
 * Creates a browser session in the transaction that checked the credential.
 * @param passkeyId the passkey that signed in
 * @returns the session's id
 */
export async function beginSession(
  tx: Transaction,
  clock: Clock,
  ownerId: string,
  userAgent: string | undefined,
  passkeyId: string | null = null,
): Promise<string> {
  const expiresAt = msAhead(clock, SESSION_SECONDS * 1000);
  const { id } = await tx.session.create({ data: { id: newId('session'), ownerId, userAgent: userAgent ?? null, expiresAt, passkeyId } });
  return id;
}

/** The user's session, or null when it has ended or expired, or the user is blocked. Notes that it was seen. */
export async function findLiveSession(
  { database, callers, clock }: Slice & Pick<Context, 'callers'>,
  userId: string,
  id: string,
): Promise<Session | null> {
  const session = await callers.sessions.read(id, () =>
    database.as({ userId }, (tx) => tx.session.findFirst({ where: { id, ownerId: userId, owner: { blockedAt: null }, endedAt: null } })),
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

/** The id of the session that a request comes from; undefined for other credentials. */
const sessionIdOf = (actor: Actor) => (actor.kind === 'user' ? actor.session?.id : undefined);

/** The live sessions of the actor's account, the last used first. */
export async function listAccountSessions({ database, clock }: Slice, actor: Actor): Promise<SessionView[]> {
  const ownerId = userOf(actor);
  const rows = await database.as({ userId: ownerId }, (tx) =>
    tx.session.findMany({
      where: { ownerId, endedAt: null, expiresAt: { gt: clock.now() } },
      orderBy: [{ lastSeenAt: 'desc' }, { id: 'asc' }],
    }),
  );
  return rows.map((row) => ({
    id: row.id,
    createdAt: row.createdAt.toISOString(),
    lastSeenAt: row.lastSeenAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
    userAgent: row.userAgent,
    current: row.id === sessionIdOf(actor),
  }));
}

/** Ends a session of the actor's account in every process. @throws AppError SESSION_NOT_FOUND when it is unknown, has ended or is another account's */
export async function endAccountSession(
  { database, callers, clock }: Slice & Pick<Context, 'callers'>,
  actor: Actor,
  id: string,
): Promise<void> {
  const ownerId = userOf(actor);
  const { count } = await database.as({ userId: ownerId }, (tx) =>
    tx.session.updateMany({ where: { id, ownerId, endedAt: null }, data: { endedAt: clock.now() } }),
  );
  if (count === 0) throw new AppError('SESSION_NOT_FOUND');
  await callers.fence();
}

/**
 * Ends every session of an account.
 * @param options.keeping the actor whose own session does not end
 * @param options.passkeyId only the sessions that this passkey began
 */
export async function endSessionsOf(
  tx: Transaction,
  clock: Clock,
  ownerId: string,
  { keeping, passkeyId }: { keeping?: Actor; passkeyId?: string } = {},
): Promise<void> {
  const kept = keeping && sessionIdOf(keeping);
  await tx.session.updateMany({
    where: { ownerId, endedAt: null, ...(kept && { id: { not: kept } }), ...(passkeyId && { passkeyId }) },
    data: { endedAt: clock.now() },
  });
}

/** Deletes sessions that have expired. */
export async function deleteExpiredSessions({ database, clock }: Slice): Promise<void> {
  await database.as('service', (tx) => tx.session.deleteMany({ where: { expiresAt: { lt: clock.now() } } }));
}
