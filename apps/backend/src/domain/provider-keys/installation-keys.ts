import { AppError, type ProviderKeyView } from '@agentbot/contracts';
import type { Transaction } from '../../infra/database/database.ts';
import type { KnownProvider } from '../../infra/openclaw/providers.ts';
import type { Context } from '../context.ts';
import { acceptedBy } from './accepted-by.ts';
import { providerKeyView, writeProviderKey } from './stored-keys.ts';

/** The number of agents, by provider, whose model has no other key than the installation's, whether or not their plan may use it. */
async function agentCounts(tx: Transaction): Promise<Map<string, number>> {
  const rows = await tx.$queryRaw<{ provider: string; count: number }[]>`
    SELECT a.ai_provider AS provider, count(*)::integer AS count FROM agents a
    WHERE NOT EXISTS (SELECT FROM agent_secrets s WHERE s.agent_id = a.id AND s.name = 'apiKey')
      AND NOT EXISTS (SELECT FROM provider_keys k WHERE k.owner_id = a.owner_id AND k.provider = a.ai_provider)
    GROUP BY a.ai_provider`;
  return new Map(rows.map(({ provider, count }) => [provider, count]));
}

/** The keys of the installation, without their values. */
export async function listInstallationKeys({ database }: Pick<Context, 'database'>): Promise<ProviderKeyView[]> {
  return database.as('service', async (tx) => {
    const rows = await tx.providerKey.findMany({ where: { ownerId: null }, orderBy: { provider: 'asc' } });
    const counts = await agentCounts(tx);
    return rows.map((row) => providerKeyView(row, counts.get(row.provider) ?? 0));
  });
}

/** Saves the installation's key for a provider. @throws AppError INVALID_REQUEST when the provider refuses the key */
export async function saveInstallationKey(context: Context, provider: KnownProvider, apiKey: string): Promise<ProviderKeyView> {
  const { database, envelope, clock } = context;
  const isTested = await acceptedBy(context, provider, apiKey);
  return database.as('service', async (tx) => {
    const row = await writeProviderKey(tx, envelope, { ownerId: null, provider, value: apiKey }, { now: clock.now(), isTested });
    return providerKeyView(row, (await agentCounts(tx)).get(provider) ?? 0);
  });
}

/** Deletes the installation's key for a provider. @throws AppError PROVIDER_KEY_NOT_FOUND */
export async function deleteInstallationKey({ database }: Pick<Context, 'database'>, provider: KnownProvider): Promise<void> {
  const { count } = await database.as('service', (tx) => tx.providerKey.deleteMany({ where: { ownerId: null, provider } }));
  if (count === 0) throw new AppError('PROVIDER_KEY_NOT_FOUND');
}
