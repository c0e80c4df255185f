import type { Context } from '../../domain/context.ts';
import { beginMove } from '../../domain/nodes/begin-move.ts';
import { listNodes, setNodeAvailability } from '../../domain/nodes/nodes.ts';
import type { Handlers } from '../mount-routes.ts';

/** Handlers for the routes of packages/contracts/src/nodes.ts. */
export function nodesHandlers(context: Context) {
  return {
    listNodes: async () => ({ ...(await listNodes(context)), status: 'ok' }),
    setNodeAvailability: async ({ params, body }) => {
      await setNodeAvailability(context, params.id, body.availability);
      return { id: params.id, availability: body.availability, status: 'ok' };
    },
    moveAgent: async ({ params, body, requestId }) => {
      const operation = await beginMove(context, params.id, { ...body, requestId });
      return { agentId: params.id, operationId: operation.id, createdAt: operation.createdAt.toISOString(), status: 'ok' };
    },
  } satisfies Partial<Handlers>;
}
