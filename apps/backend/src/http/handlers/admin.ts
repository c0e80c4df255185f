import type { Context } from '../../domain/context.ts';
import { getInstallationHealth } from '../../domain/overview/get-installation-health.ts';
import { listTopSpenders } from '../../domain/overview/list-top-spenders.ts';
import { listAllAgents, listUsers } from '../../domain/overview/list-users-and-agents.ts';
import { testSetup } from '../../domain/overview/test-setup.ts';
import type { Handlers } from '../mount-routes.ts';

/** Handlers for the routes of packages/contracts/src/admin.ts. */
export function adminHandlers(context: Context) {
  return {
    listUsers: ({ query }) => listUsers(context, query),
    listAllAgents: ({ query }) => listAllAgents(context, query),
    listTopSpenders: async ({ query }) => ({ ...(await listTopSpenders(context, query.days)), status: 'ok' }),
    testSetup: ({ actor, params }) => testSetup(context, actor, params.part),
    getInstallationHealth: async () => ({ health: await getInstallationHealth(context), status: 'ok' }),
  } satisfies Partial<Handlers>;
}
