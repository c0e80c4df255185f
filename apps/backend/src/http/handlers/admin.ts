import type { Context } from '../../domain/context.ts';
import { installationHealth } from '../../domain/overview/installation-health.ts';
import { listAllAgents, listUsers } from '../../domain/overview/list-everything.ts';
import type { Handlers } from '../mount-routes.ts';

/** The operations of packages/contracts/src/admin.ts. */
export function adminHandlers(context: Context) {
  return {
    listUsers: ({ query }) => listUsers(context, query),
    listAllAgents: ({ query }) => listAllAgents(context, query),
    getInstallationHealth: async () => ({ health: await installationHealth(context), status: 'ok' }),
  } satisfies Partial<Handlers>;
}
