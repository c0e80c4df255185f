import type { Context } from '../../domain/context.ts';
import { listLogs } from '../../domain/telemetry/logs/list-logs.ts';
import { getLogHistory, listLogStreams, stopLogStream, streamLogs } from '../../domain/telemetry/logs/live-logs.ts';
import type { Handlers } from '../mount-routes.ts';

/** Handlers for the routes of packages/contracts/src/logs.ts. */
export function logsHandlers(context: Context) {
  return {
    listLogs: ({ actor, params, query }) => listLogs(context, actor, params.id, query),
    streamLogs: ({ actor, params, query }) => streamLogs(context, actor, params.agentId, query.lastEventId),
    getLogHistory: ({ actor, params }) => getLogHistory(context, actor, params.agentId),
    stopLogStream: async ({ actor, params }) => {
      await stopLogStream(context, actor, params.agentId);
      return { success: true };
    },
    listLogStreams: async ({ actor }) => ({ streams: await listLogStreams(context, actor) }),
  } satisfies Partial<Handlers>;
}
