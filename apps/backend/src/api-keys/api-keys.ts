import { randomBytes } from 'node:crypto';
import { AppError } from '@agentbot/contracts';
import type { Context } from '../context.ts';
import type { ApiKey } from '../generated/prisma/client.ts';
import { type Actor, userOf } from '../http/actor.ts';
import { newId } from '../ids.ts';
import { sha256 } from '../secrets/sha256.ts';

export const KEY_PREFIX = 'sk_';
const MOST = 10;
/** Last use is written down at most this often. */
const LAST_USED_STEP_MS = 60_000;

type Slice = Pick<Context, 'database'>;

const view = (row: ApiKey) => ({
  id: row.id,
  name: row.name,
  keyPreview: row.preview,
  createdAt: row.createdAt.toISOString(),
  lastUsed: row.lastUsedAt?.toISOString() ?? null,
});

/** The actor's keys, newest first, without the keys themselves. */
export async function listApiKeys({ database }: Slice, actor: Actor) {
  const ownerId = userOf(actor);
  const rows = await database.as({ userId: ownerId }, (tx) => tx.apiKey.findMany({ where: { ownerId }, orderBy: { createdAt: 'desc' } }));
  return rows.map(view);
}

/**
 * Makes a key with 32 random bytes; it can never be shown again.
 * @param idName of the new row's id, so that a repeated request replaces the key it could not answer with
 * @throws AppError FORBIDDEN for a caller who is an API key, API_KEY_LIMIT_REACHED past ten, UNAUTHORIZED for no account
 */
export async function createApiKey({ database }: Slice, actor: Actor, name: string, idName?: string) {
  if (actor.kind === 'user' && actor.credential === 'apiKey') throw new AppError('FORBIDDEN', 'An API key cannot create another one');
  const ownerId = userOf(actor);
  const id = newId('key', idName);
  const key = KEY_PREFIX + randomBytes(32).toString('base64url');
  const row = await database.as({ userId: ownerId }, async (tx) => {
    const [owner] = await tx.$queryRaw<unknown[]>`SELECT 1 FROM users WHERE id = ${ownerId} FOR UPDATE`;
    if (!owner) throw new AppError('UNAUTHORIZED');
    await tx.apiKey.deleteMany({ where: { id } });
    if ((await tx.apiKey.count({ where: { ownerId } })) >= MOST) {
      throw new AppError('API_KEY_LIMIT_REACHED', undefined, { details: { limit: MOST } });
    }
    return tx.apiKey.create({ data: { id, ownerId, name, preview: `${key.slice(0, 7)}…${key.slice(-4)}`, hash: sha256(key) } });
  });
  return { ...view(row), key };
}

/** Revokes a key. @throws AppError API_KEY_NOT_FOUND, for another's as for none */
export async function deleteApiKey({ database }: Slice, actor: Actor, id: string): Promise<void> {
  const ownerId = userOf(actor);
  const { count } = await database.as({ userId: ownerId }, (tx) => tx.apiKey.deleteMany({ where: { id, ownerId } }));
  if (count === 0) throw new AppError('API_KEY_NOT_FOUND');
}

/**
 * Whose key this is, or nothing. The lookup is by the key's hash, so its time tells nothing about the keys there are.
 */
export async function findApiKey({ database }: Slice, key: string): Promise<string | undefined> {
  return database.as('service', async (tx) => {
    const row = await tx.apiKey.findUnique({ where: { hash: sha256(key) } });
    if (!row) return undefined;
    if (Date.now() - (row.lastUsedAt?.getTime() ?? 0) > LAST_USED_STEP_MS) {
      await tx.apiKey.updateMany({ where: { id: row.id }, data: { lastUsedAt: new Date() } });
    }
    return row.ownerId;
  });
}
