import type { Context } from '../../domain/context.ts';
import { askAgent } from '../../domain/interaction/ask-agent.ts';
import { tellAgent } from '../../domain/interaction/tell-agent.ts';
import type { Handlers } from '../mount-routes.ts';

/** Handlers for the routes of packages/contracts/src/interaction.ts. */
export function interactionHandlers(context: Context) {
  return {
    askAgent: ({ actor, query }) => askAgent(context, actor, query),
    tellAgent: ({ actor, body, requestId, resourceName, auditAgent }) =>
      tellAgent(context, actor, body, { requestId, name: resourceName, about: auditAgent }),
  } satisfies Partial<Handlers>;
}
