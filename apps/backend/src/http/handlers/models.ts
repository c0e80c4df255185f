import type { Context } from '../../domain/context.ts';
import { createModelLists } from '../../domain/usage/model-lists.ts';
import type { Handlers } from '../mount-routes.ts';

/** Handlers for the routes of packages/contracts/src/models.ts. */
export function modelsHandlers(context: Context) {
  const lists = createModelLists(context);
  return {
    listModels: ({ actor, query }) => lists.ofProvider(actor, query.provider),
    listAgentModels: ({ actor, params }) => lists.ofAgent(actor, params.id),
  } satisfies Partial<Handlers>;
}
