import type { Context } from '../../domain/context.ts';
import type { Handlers } from '../mount-routes.ts';

/** Handlers for the routes of packages/contracts/src/health.ts. */
export function healthHandlers(context: Context) {
  const { config, host } = context;
  return {
    getHealth: async () => ({
      status: 'ok',
      timestamp: new Date().toISOString(),
      docker: (await host.available()) ? 'available' : 'unavailable',
      provisioning: config.PROVISIONING_ENABLED ? 'enabled' : 'disabled',
    }),
  } satisfies Partial<Handlers>;
}
