import { AppError, type Plan, type ProviderKeyView } from '@agentbot/contracts';
import type { Transaction } from '../../infra/database/database.ts';
import type { KnownProvider } from '../../infra/openclaw/providers.ts';
import type { Context } from '../context.ts';
import { acceptedBy } from './accepted-by.ts';
import { allowanceView } from './included.ts';
import { providerKeyView, writeProviderKey } from './stored-keys.ts';

/** The number of agents whose model has no other key than the installation's, whether or not their plan may use it. */
const agentCount = (tx: Transaction, provider: string): Promise<number> =>
  tx.agent.count({
    where: { aiProvider: provider, secrets: { none: { name: 'apiKey' } }, owner: { providerKeys: { none: { provider } } } },
  });

/** The keys of the installation, without their values, and the allowances of the plans that may use them. */
export async function listInstallationKeys({ database, config }: Pick<Context, 'database' | 'config'>) {
  const keys = await database.as('service', async (tx) => {
    const rows = await tx.providerKey.findMany({ where: { ownerId: null }, orderBy: { provider: 'asc' } });
    const views: ProviderKeyView[] = [];
    for (const row of rows) views.push(providerKeyView(row, await agentCount(tx, row.provider)));
    return views;
  });
  const allowances = Object.entries(config.PLAN_ALLOWANCES).map(([plan, allowance]) => ({
    plan: plan as Plan,
    ...allowanceView(allowance),
  }));
  return { keys, allowances };
}

/** Saves the installation's key for a provider. @throws AppError INVALID_REQUEST when the provider refuses the key */
export async function saveInstallationKey(context: Context, provider: KnownProvider, apiKey: string): Promise<ProviderKeyView> {
  const { database, envelope, clock } = context;
  const isTested = await acceptedBy(context, provider, apiKey);
  return database.as('service', async (tx) => {
    const row = await writeProviderKey(tx, envelope, { ownerId: null, provider, value: apiKey }, { now: clock.now(), isTested });
    return providerKeyView(row, await agentCount(tx, provider));
  });
}

/** Deletes the installation's key for a provider. @throws AppError PROVIDER_KEY_NOT_FOUND */
export async function deleteInstallationKey({ database }: Pick<Context, 'database'>, provider: KnownProvider): Promise<void> {
  const { count } = await database.as('service', (tx) => tx.providerKey.deleteMany({ where: { ownerId: null, provider } }));
  if (count === 0) throw new AppError('PROVIDER_KEY_NOT_FOUND');
}
