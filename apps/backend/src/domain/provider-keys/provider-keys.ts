import { AppError, type ProviderKeyView } from '@agentbot/contracts';
import type { Transaction } from '../../infra/database/database.ts';
import type { KnownProvider } from '../../infra/openclaw/providers.ts';
import { type Actor, userOf } from '../../shared/actor.ts';
import { lockAccount } from '../accounts/grants.ts';
import type { Context } from '../context.ts';
import { acceptedBy } from './accepted-by.ts';
import { providerKeyView, writeProviderKey } from './stored-keys.ts';

/** The number of an account's agents without a key of their own, by provider. */
async function agentCounts(tx: Transaction, ownerId: string): Promise<Map<string, number>> {
  const rows = await tx.agent.groupBy({
    by: ['aiProvider'],
    where: { ownerId, secrets: { none: { name: 'apiKey' } } },
    _count: true,
  });
  return new Map(rows.map(({ aiProvider, _count }) => [aiProvider, _count]));
}

/** The model providers' keys of the actor's account, without their values. */
export async function listProviderKeys({ database }: Pick<Context, 'database'>, actor: Actor): Promise<ProviderKeyView[]> {
  const ownerId = userOf(actor);
  return database.as({ userId: ownerId }, async (tx) => {
    const rows = await tx.providerKey.findMany({ where: { ownerId }, orderBy: { provider: 'asc' } });
    const counts = await agentCounts(tx, ownerId);
    return rows.map((row) => providerKeyView(row, counts.get(row.provider) ?? 0));
  });
}

/**
 * Saves the account's key for a provider, after the provider was asked about it.
 * @throws AppError INVALID_REQUEST when the provider refuses the key
 */
export async function saveProviderKey(context: Context, actor: Actor, provider: KnownProvider, apiKey: string): Promise<ProviderKeyView> {
  const { database, envelope, clock } = context;
  const ownerId = userOf(actor);
  const isTested = await acceptedBy(context, provider, apiKey);
  return database.as({ userId: ownerId }, async (tx) => {
    await lockAccount(tx, clock, actor);
    const row = await writeProviderKey(tx, envelope, { ownerId, provider, value: apiKey }, { now: clock.now(), isTested });
    return providerKeyView(row, (await agentCounts(tx, ownerId)).get(provider) ?? 0);
  });
}

/** Deletes the account's key for a provider. @throws AppError PROVIDER_KEY_NOT_FOUND */
export async function deleteProviderKey({ database }: Pick<Context, 'database'>, actor: Actor, provider: KnownProvider): Promise<void> {
  const ownerId = userOf(actor);
  const { count } = await database.as({ userId: ownerId }, (tx) => tx.providerKey.deleteMany({ where: { ownerId, provider } }));
  if (count === 0) throw new AppError('PROVIDER_KEY_NOT_FOUND');
}
