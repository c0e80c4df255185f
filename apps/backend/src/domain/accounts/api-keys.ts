import { randomBytes } from 'node:crypto';
import { AppError, type Scope, type WantedApiKey } from '@agentbot/contracts';
import type { ApiKey } from '../../generated/prisma/client.ts';
import { type Actor, type KeyGrant, userOf } from '../../shared/actor.ts';
import { newId } from '../../shared/ids.ts';
import { sha256 } from '../../shared/sha256.ts';
import type { Context } from '../context.ts';
import type { Accounts } from './accounts.ts';
import { lockAccount } from './grants.ts';

export const KEY_PREFIX = 'sk_';
const MAX_KEYS = 10;
/** Last use is written down at most this often. */
const LAST_USED_STEP_MS = 60_000;

type Slice = Pick<Context, 'database' | 'accounts'>;

/** Whether a browser session of an administrator stands behind a request: no key, and nobody whom the internal key names. */
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

/** The actor's keys, newest first, without the keys themselves. */
export async function listApiKeys({ database }: Pick<Context, 'database'>, actor: Actor) {
  const ownerId = userOf(actor);
  const rows = await database.as({ userId: ownerId }, (tx) => tx.apiKey.findMany({ where: { ownerId }, orderBy: { createdAt: 'desc' } }));
  return rows.map(view);
}

/**
 * Makes a key with 32 random bytes; it can never be shown again.
 * @param idName of the new row's id, so that a repeated request replaces the key it could not answer with
 * @throws AppError FORBIDDEN for the scope `admin:*` without an administrator's session, AGENT_NOT_FOUND for a key to an agent that is not theirs,
 * API_KEY_LIMIT_REACHED past ten, UNAUTHORIZED for no account
 */
export async function createApiKey({ database, accounts }: Slice, actor: Actor, wanted: WantedApiKey, idName?: string) {
  const ownerId = userOf(actor);
  const { name, scopes, agentId = null } = wanted;
  if (scopes.includes('admin:*') && !(await isSignedInAdmin(accounts, actor))) {
    throw new AppError('FORBIDDEN', 'Only an administrator who is signed in can make a key with the scope admin:*');
  }
  const expiresAt = wanted.expiresAt ? new Date(wanted.expiresAt) : null;
  const id = newId('key', idName);
  const key = KEY_PREFIX + randomBytes(32).toString('base64url');
  const row = await database.as({ userId: ownerId }, async (tx) => {
    await lockAccount(tx, actor);
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

/** Revokes a key. @throws AppError API_KEY_NOT_FOUND, for another's as for none */
export async function deleteApiKey({ database }: Pick<Context, 'database'>, actor: Actor, id: string): Promise<void> {
  const ownerId = userOf(actor);
  const { count } = await database.as({ userId: ownerId }, (tx) => tx.apiKey.deleteMany({ where: { id, ownerId } }));
  if (count === 0) throw new AppError('API_KEY_NOT_FOUND');
}

/**
 * Whose key this is and what it may do, or nothing for one that is unknown or has expired. The lookup is by the key's
 * hash, so its time tells nothing about the keys there are.
 */
export async function findApiKey(
  { database }: Pick<Context, 'database'>,
  key: string,
): Promise<{ ownerId: string; grant: KeyGrant } | undefined> {
  return database.as('service', async (tx) => {
    const row = await tx.apiKey.findUnique({ where: { hash: sha256(key) } });
    const now = new Date();
    if (!row || (row.expiresAt && row.expiresAt <= now)) return undefined;
    const staleBefore = new Date(now.getTime() - LAST_USED_STEP_MS);
    if (!row.lastUsedAt || row.lastUsedAt < staleBefore) {
      // Of requests that come at once, one writes; the others find it written.
      const stale = { OR: [{ lastUsedAt: null }, { lastUsedAt: { lt: staleBefore } }] };
      await tx.apiKey.updateMany({ where: { id: row.id, ...stale }, data: { lastUsedAt: now } });
    }
    const { id, ownerId, expiresAt } = row;
    return { ownerId, grant: { id, scopes: row.scopes as Scope[], agentId: row.agentId ?? undefined, expiresAt } };
  });
}
