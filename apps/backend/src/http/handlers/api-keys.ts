import { createApiKey, deleteApiKey, listApiKeys } from '../../domain/accounts/api-keys.ts';
import type { Context } from '../../domain/context.ts';
import type { Handlers } from '../mount-routes.ts';

/** Handlers for the routes of packages/contracts/src/api-keys.ts. */
export function apiKeysHandlers(context: Context) {
  return {
    listApiKeys: async ({ actor }) => ({ keys: await listApiKeys(context, actor) }),
    createApiKey: ({ actor, body, resourceName }) => createApiKey(context, actor, body, resourceName),
    deleteApiKey: async ({ actor, params }) => {
      await deleteApiKey(context, actor, params.id);
      return { id: params.id, deleted: true };
    },
  } satisfies Partial<Handlers>;
}
