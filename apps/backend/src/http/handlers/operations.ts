import { getAgent } from '../../domain/agents/agents.ts';
import type { Context } from '../../domain/context.ts';
import { cancelOperation } from '../../domain/operations/cancel-operation.ts';
import { listOperations } from '../../domain/operations/operations.ts';
import { getOperation, streamOperation } from '../../domain/operations/watch-operation.ts';
import { tenantOf } from '../../shared/actor.ts';
import type { Handlers } from '../mount-routes.ts';
import { nextPage } from '../next-page.ts';

/** Handlers for the routes of packages/contracts/src/operations.ts. */
export function operationsHandlers(context: Context) {
  const { database } = context;
  return {
    listOperations: async ({ actor, params, query, header }) => {
      await getAgent(context, actor, params.id);
      const page = await listOperations(database, tenantOf(actor), params.id, query);
      nextPage(header, query, page);
      return { operations: page.operations, status: 'ok' };
    },
    getOperation: async ({ actor, params }) => ({
      operation: await getOperation(context, actor, params.id, params.operationId),
      status: 'ok',
    }),
    cancelOperation: async ({ actor, params }) => ({
      operation: await cancelOperation(context, actor, params.id, params.operationId),
      status: 'ok',
    }),
    streamOperation: ({ actor, params }) => streamOperation(context, actor, params.id, params.operationId),
  } satisfies Partial<Handlers>;
}
