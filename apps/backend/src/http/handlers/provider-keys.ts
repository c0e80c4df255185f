import type { Context } from '../../domain/context.ts';
import { deleteInstallationKey, listInstallationKeys, saveInstallationKey } from '../../domain/provider-keys/installation-keys.ts';
import { deleteProviderKey, listProviderKeys, saveProviderKey } from '../../domain/provider-keys/provider-keys.ts';
import { includedFor, listAllowances } from '../../domain/usage/allowances.ts';
import { getModelKey } from '../../domain/usage/get-model-key.ts';
import { userOf } from '../../shared/actor.ts';
import type { Handlers } from '../mount-routes.ts';

/** Handlers for the routes of packages/contracts/src/provider-keys.ts. */
export function providerKeysHandlers(context: Context) {
  return {
    listProviderKeys: async ({ actor }) => ({
      keys: await listProviderKeys(context, actor),
      included: await includedFor(context, userOf(actor)),
    }),
    saveProviderKey: async ({ actor, params, body }) => ({
      key: await saveProviderKey(context, actor, params.provider, body.apiKey),
      status: 'saved',
    }),
    deleteProviderKey: async ({ actor, params }) => {
      await deleteProviderKey(context, actor, params.provider);
      return { provider: params.provider, deleted: true };
    },
    listInstallationKeys: async () => ({ keys: await listInstallationKeys(context), allowances: listAllowances(context) }),
    saveInstallationKey: async ({ params, body }) => ({
      key: await saveInstallationKey(context, params.provider, body.apiKey),
      status: 'saved',
    }),
    deleteInstallationKey: async ({ params }) => {
      await deleteInstallationKey(context, params.provider);
      return { provider: params.provider, deleted: true };
    },
    getModelKey: async ({ actor, params }) => ({ agentId: params.id, ...(await getModelKey(context, actor, params.id)) }),
  } satisfies Partial<Handlers>;
}
