import { randomBytes } from 'node:crypto';
import { AppError, type Scope, type WantedApiKey } from '@agentbot/contracts';
import type { ApiKey } from '../../generated/prisma/client.ts';
import { type Actor, type KeyGrant, userOf } from '../../shared/actor.ts';
import { newId } from '../../shared/ids.ts';
import { sha256 } from '../../shared/sha256.ts';
import type { Context } from '../context.ts';
import type { Accounts } from './accounts.ts';
import { lockAccount } from './grants.ts';

/** Every API key starts with it; other bearer tokens do not. */
export const KEY_PREFIX = 'sk_';
const MAX_KEYS = 10;

type Slice = Pick<Context, 'database' | 'accounts' | 'clock'>;

/** Whether the request comes from an administrator's browser session. An API key or the internal key does not count. */
const isSignedInAdmin = async (accounts: Accounts, actor: Actor): Promise<boolean> =>
  actor.kind === 'user' && actor.credential === 'session' && (await accounts.find(actor.userId)).admin;

const view = (row: ApiKey) => ({
  id: row.id,
  name: row.name,
  keyPreview: row.preview,
  createdAt: row.createdAt.toISOString(),
  lastUsed: row.lastUsedAt?.toISOString() ?? null,
  scopes: row.scopes as Scope[],
  agentId: row.agentId,
  expiresAt: row.expiresAt?.toISOString() ?? null,
});

/** The actor's keys, newest first, without their secret values. */
export async function listApiKeys({ database }: Pick<Context, 'database'>, actor: Actor) {
  const ownerId = userOf(actor);
  const rows = await database.as({ userId: ownerId }, (tx) => tx.apiKey.findMany({ where: { ownerId }, orderBy: { createdAt: 'desc' } }));
  return rows.map(view);
}

/**
 * Creates a key of 32 random bytes. Only its hash is stored, so the key is shown once.
 * @param idName seed of the row's id: a repeated request replaces the key that the client never received
 * @throws AppError FORBIDDEN for the scope `admin:*` without an administrator's session, AGENT_NOT_FOUND when the actor does
 * not own the agent, API_KEY_LIMIT_REACHED above ten keys, UNAUTHORIZED when the account no longer exists
 */
export async function createApiKey({ database, accounts, clock }: Slice, actor: Actor, input: WantedApiKey, idName?: string) {
  const ownerId = userOf(actor);
  const { name, scopes, agentId = null } = input;
  if (scopes.includes('admin:*') && !(await isSignedInAdmin(accounts, actor))) {
    throw new AppError('FORBIDDEN', 'Only a signed-in administrator can create a key with the scope admin:*');
  }
  const expiresAt = input.expiresAt ? new Date(input.expiresAt) : null;
  const id = newId('key', idName);
  const key = KEY_PREFIX + randomBytes(32).toString('base64url');
  const row = await database.as({ userId: ownerId }, async (tx) => {
    await lockAccount(tx, clock, actor);
    if (agentId && !(await tx.agent.count({ where: { id: agentId, ownerId } }))) throw new AppError('AGENT_NOT_FOUND');
    await tx.apiKey.deleteMany({ where: { id } });
    if ((await tx.apiKey.count({ where: { ownerId } })) >= MAX_KEYS) {
      throw new AppError('API_KEY_LIMIT_REACHED', undefined, { details: { limit: MAX_KEYS } });
    }
    const preview = `${key.slice(0, 7)}…${key.slice(-4)}`;
    return tx.apiKey.create({ data: { id, ownerId, name, scopes, agentId, expiresAt, preview, hash: sha256(key) } });
  });
  return { ...view(row), key };
}

/** Revokes a key in every process. @throws AppError API_KEY_NOT_FOUND when the key does not exist or belongs to another account */
export async function deleteApiKey({ database, callers }: Pick<Context, 'database' | 'callers'>, actor: Actor, id: string): Promise<void> {
  const ownerId = userOf(actor);
  const { count } = await database.as({ userId: ownerId }, (tx) => tx.apiKey.deleteMany({ where: { id, ownerId } }));
  if (count === 0) throw new AppError('API_KEY_NOT_FOUND');
  await callers.fence();
}

/**
 * The owner and the grant of a key; undefined when the key is unknown or expired, or its owner is blocked. The lookup uses the key's hash, so its
 * duration reveals nothing about stored keys.
 */
export async function findApiKey(
  { database, callers, clock }: Pick<Context, 'database' | 'callers' | 'clock'>,
  key: string,
): Promise<{ ownerId: string; grant: KeyGrant } | undefined> {
  const hash = sha256(key);
  const row = await callers.keys.read(hash, () =>
    database.as('service', (tx) => tx.apiKey.findUnique({ where: { hash, owner: { blockedAt: null } } })),
  );
  const now = clock.now();
  if (!row || (row.expiresAt && row.expiresAt <= now)) return undefined;
  row.lastUsedAt = callers.lastSeen.note('keys', row.id, row.lastUsedAt, now);
  const { id, ownerId, expiresAt } = row;
  return { ownerId, grant: { id, scopes: row.scopes as Scope[], agentId: row.agentId ?? undefined, expiresAt } };
}
