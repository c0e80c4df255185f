import { z } from 'zod';
import { agentParams } from './agents.ts';
import { defineRoute } from './define-route.ts';
import { knownProvider } from './provider-keys.ts';

const model = z.strictObject({
  /** The name that the provider uses. */
  id: z.string(),
  /** The most tokens of input and output together; null when it is not known. */
  contextLength: z.int().nullable(),
  /** Dollars per million tokens; null when the price is not known. */
  price: z.strictObject({ inputUsd: z.number(), outputUsd: z.number() }).nullable(),
});
export type ModelView = z.infer<typeof model>;

const list = z.strictObject({ provider: z.string(), models: z.array(model) });
export const listModels = defineRoute({
  id: 'listModels',
  summary:
    "A model provider's own list of models, up to ten minutes old, read with the account's key or, within an allowance, the installation's",
  method: 'GET',
  auth: 'caller',
  query: z.object({ provider: knownProvider }),
  status: 200,
  failure: 'Failed to list the models',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'MODELS_UNAVAILABLE'],
  backend: { path: '/api/models', response: list },
  web: { path: '/api/models', response: list },
  timeoutMs: 30_000,
});

export const listAgentModels = defineRoute({
  id: 'listAgentModels',
  summary: "The list of models of an agent's provider or own endpoint, up to ten minutes old, read with the key that the agent uses",
  method: 'GET',
  auth: 'caller',
  params: agentParams,
  status: 200,
  failure: 'Failed to list the models',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'AGENT_NOT_FOUND', 'MODELS_UNAVAILABLE'],
  backend: { path: '/api/agents/:id/models', response: list },
  web: { path: '/api/agents/:id/models', response: list },
  timeoutMs: 30_000,
});
