import { z } from 'zod';
import { agentParams, providerSchema, secretText } from './agents.ts';
import { defineRoute } from './define-route.ts';
import { planSchema } from './plans.ts';

const timestamp = z.iso.datetime();
/** A provider in a path or query. */
export const knownProvider = z.enum(providerSchema.options, { error: `Invalid provider: use ${providerSchema.options.join(', ')}` });
const params = z.object({ provider: knownProvider });
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
  /** The number of agents of this provider that have no nearer key. */
  agentCount: z.int(),
});
export type ProviderKeyView = z.infer<typeof key>;

/** Dollars per day and month (UTC); null for no limit. */
const allowance = z.strictObject({ dailyUsd: z.number().nullable(), monthlyUsd: z.number().nullable() });
const included = z.strictObject({
  /** The providers that the installation has a key for. */
  providers: z.array(providerSchema),
  allowance,
  /** What the account's calls with these keys cost; days and months begin at midnight UTC. */
  spent: z.strictObject({ dayUsd: z.number(), monthUsd: z.number(), reservedUsd: z.number() }),
});

const list = z.strictObject({
  keys: z.array(key),
  /** What the installation pays for, within the allowance of the account's plan; null for a plan without one. */
  included: included.nullable(),
});
export const listProviderKeys = defineRoute({
  id: 'listProviderKeys',
  summary:
    "The model providers' keys of the caller's account. An agent without a key of its own uses the account's key for its provider, or else the installation's within the plan's allowance",
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

const keySource = z.enum(['agent', 'account', 'installation']);
export type KeySource = z.infer<typeof keySource>;
const modelKey = z.strictObject({
  agentId: z.string(),
  provider: z.string(),
  /** Whose key the agent's model is called with: its own, its account's, or the installation's; null for none. */
  keySource: keySource.nullable(),
  /** The last refusal of the account's key; null for another key. */
  refused: refused.nullable(),
});
export const getModelKey = defineRoute({
  id: 'getModelKey',
  summary: "Which key an agent's model is called with: its own before its account's, and that before the installation's",
  method: 'GET',
  auth: 'caller',
  params: agentParams,
  status: 200,
  failure: 'Failed to fetch the key',
  errors: ['UNAUTHORIZED', 'AGENT_NOT_FOUND'],
  backend: { path: '/api/agents/:id/model-key', response: modelKey },
  web: { path: '/api/agents/:id/model-key', response: modelKey },
});

const installationList = z.strictObject({
  keys: z.array(key),
  /** What the calls of one account with these keys may cost, by plan. Other plans may not use them. */
  allowances: z.array(allowance.extend({ plan: planSchema })),
});
export const listInstallationKeys = defineRoute({
  id: 'listInstallationKeys',
  summary: "The model providers' keys of the installation, and the allowances of the plans that may use them",
  method: 'GET',
  auth: 'admin',
  status: 200,
  failure: 'Failed to list the keys',
  errors: ['UNAUTHORIZED', 'FORBIDDEN'],
  backend: { path: '/api/admin/provider-keys', response: installationList },
  web: { path: '/api/admin/provider-keys', response: installationList },
});

export const saveInstallationKey = defineRoute({
  id: 'saveInstallationKey',
  summary:
    "Save or replace the installation's key for a model provider, after the provider accepts it. It serves the agents of accounts without a key, within the allowance of their plan",
  method: 'PUT',
  auth: 'admin',
  params,
  body,
  status: 200,
  failure: 'Failed to save the key',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN'],
  backend: { path: '/api/admin/provider-keys/:provider', response: saved },
  web: { path: '/api/admin/provider-keys/:provider', response: saved },
  timeoutMs: 30_000,
});

export const deleteInstallationKey = defineRoute({
  id: 'deleteInstallationKey',
  summary: "Delete the installation's key for a model provider; agents stop using it within two seconds",
  method: 'DELETE',
  auth: 'admin',
  params,
  status: 200,
  failure: 'Failed to delete the key',
  errors: ['UNAUTHORIZED', 'FORBIDDEN', 'PROVIDER_KEY_NOT_FOUND'],
  backend: { path: '/api/admin/provider-keys/:provider', response: deleted },
  web: { path: '/api/admin/provider-keys/:provider', response: deleted },
});
