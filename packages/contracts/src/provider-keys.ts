import { z } from 'zod';
import { agentParams, providerSchema, secretText } from './agents.ts';
import { defineRoute } from './define-route.ts';

const timestamp = z.iso.datetime();
const provider = z.enum(providerSchema.options, { error: `Invalid provider: use ${providerSchema.options.join(', ')}` });
const params = z.object({ provider });
const body = z.strictObject({
  apiKey: z.string({ error: 'apiKey is required' }).pipe(secretText),
});

const refused = z.strictObject({
  at: timestamp,
  /** The provider's HTTP status. */
  status: z.int(),
});
const key = z.strictObject({
  provider: providerSchema,
  /** The last four characters; a short key shows none. */
  keyPreview: z.string(),
  createdAt: timestamp,
  /** When the key was last replaced. */
  updatedAt: timestamp,
  /** When the provider accepted the key; null when the provider could not be asked as the key was saved. */
  testedAt: timestamp.nullable(),
  /** The last refusal by the provider, until a call succeeds or the key is replaced. */
  refused: refused.nullable(),
  /** The number of agents whose model this key pays for: those of this provider without a key of their own. */
  agentCount: z.int(),
});
export type ProviderKeyView = z.infer<typeof key>;

const list = z.strictObject({ keys: z.array(key) });
export const listProviderKeys = defineRoute({
  id: 'listProviderKeys',
  summary: "The model providers' keys of the caller's account. An agent without a key of its own uses the account's key for its provider",
  method: 'GET',
  auth: 'caller',
  status: 200,
  failure: 'Failed to list the keys',
  errors: ['UNAUTHORIZED'],
  backend: { path: '/api/provider-keys', response: list },
  web: { path: '/api/provider-keys', response: list },
});

const saved = z.strictObject({ key, status: z.literal('saved') });
export const saveProviderKey = defineRoute({
  id: 'saveProviderKey',
  summary:
    "Save or replace the account's key for a model provider. The provider is asked first: a key that it refuses is not saved. A running agent uses the new key within two seconds, without a restart",
  method: 'PUT',
  auth: 'caller',
  params,
  body,
  status: 200,
  failure: 'Failed to save the key',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED'],
  backend: { path: '/api/provider-keys/:provider', response: saved },
  web: { path: '/api/provider-keys/:provider', response: saved },
  timeoutMs: 30_000,
});

const deleted = z.strictObject({ provider: providerSchema, deleted: z.literal(true) });
export const deleteProviderKey = defineRoute({
  id: 'deleteProviderKey',
  summary: "Delete the account's key for a model provider; agents stop using it within two seconds",
  method: 'DELETE',
  auth: 'caller',
  params,
  status: 200,
  failure: 'Failed to delete the key',
  errors: ['UNAUTHORIZED', 'PROVIDER_KEY_NOT_FOUND'],
  backend: { path: '/api/provider-keys/:provider', response: deleted },
  web: { path: '/api/provider-keys/:provider', response: deleted },
});

const keySource = z.enum(['agent', 'account']);
export type KeySource = z.infer<typeof keySource>;
const modelKey = z.strictObject({
  agentId: z.string(),
  provider: z.string(),
  /** Whose key the agent's model is called with: its own, or its account's; null for none. */
  keySource: keySource.nullable(),
  /** The last refusal of the account's key; null for another key. */
  refused: refused.nullable(),
});
export const getModelKey = defineRoute({
  id: 'getModelKey',
  summary: "Which key an agent's model is called with: its own before its account's",
  method: 'GET',
  auth: 'caller',
  params: agentParams,
  status: 200,
  failure: 'Failed to fetch the key',
  errors: ['UNAUTHORIZED', 'AGENT_NOT_FOUND'],
  backend: { path: '/api/agents/:id/model-key', response: modelKey },
  web: { path: '/api/agents/:id/model-key', response: modelKey },
});
