import { z } from 'zod';
import { agentIdSchema } from './agents.ts';
import { defineRoute } from './define-route.ts';
import { scopeSchema } from './scopes.ts';
import { visibleText } from './visible-text.ts';

const timestamp = z.iso.datetime();
const name = z
  .string({ error: 'Key name is required' })
  .trim()
  .min(1, { error: 'Key name is required' })
  .max(100, { error: 'Key name must be at most 100 characters' })
  .regex(visibleText, { error: 'Key name must not contain control or invisible characters' });
const listed = z.strictObject({
  id: z.string(),
  name: z.string(),
  keyPreview: z.string(),
  createdAt: timestamp,
  lastUsed: timestamp.nullable(),
  scopes: z.array(scopeSchema),
  /** The only agent that the key may use; null for all agents of its owner. */
  agentId: z.string().nullable(),
  expiresAt: timestamp.nullable(),
});

const list = z.strictObject({ keys: z.array(listed) });
export const listApiKeys = defineRoute({
  id: 'listApiKeys',
  summary: "The caller's API keys, newest first",
  method: 'GET',
  auth: 'caller',
  status: 200,
  failure: 'Failed to list API keys',
  errors: ['UNAUTHORIZED'],
  backend: { path: '/api/keys', response: list },
  web: { path: '/api/keys', response: list },
});

const LIST_OF_SCOPES = 'scopes must be a list of agents:read, agents:write and admin:*';
const wanted = z
  .object({
    name,
    scopes: z
      .array(scopeSchema, { error: LIST_OF_SCOPES })
      .min(1, { error: 'scopes must not be empty' })
      .max(20, { error: LIST_OF_SCOPES })
      .transform((scopes) => [...new Set(scopes)])
      .default(['agents:read', 'agents:write']),
    agentId: agentIdSchema.optional(),
    expiresAt: z.iso
      .datetime({ offset: true, error: 'expiresAt must be an ISO 8601 date and time' })
      .refine((at) => Date.parse(at) > Date.now(), { error: 'expiresAt must be in the future' })
      .refine((at) => Date.parse(at) < Date.UTC(9999, 11, 31), { error: 'expiresAt must be before the year 9999' })
      .optional(),
  })
  .refine(({ scopes, agentId }) => !(agentId && scopes.includes('admin:*')), {
    error: 'A key with the scope admin:* cannot be for one agent',
  });
export type WantedApiKey = z.output<typeof wanted>;

const created = listed.extend({ key: z.string() });
export const createApiKey = defineRoute({
  id: 'createApiKey',
  summary:
    'Create an API key; by default it may read and write all agents and does not expire. `key` is returned only once. An API key cannot create another one; only an administrator’s session can create one with the scope `admin:*`',
  method: 'POST',
  auth: 'caller',
  refusesApiKeys: 'An API key cannot create another one',
  body: wanted,
  status: 201,
  failure: 'Failed to create API key',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN', 'AGENT_NOT_FOUND', 'API_KEY_LIMIT_REACHED'],
  backend: { path: '/api/keys', response: created },
  web: { path: '/api/keys', response: created },
});

const revoked = z.strictObject({ id: z.string(), deleted: z.literal(true) });
export const deleteApiKey = defineRoute({
  id: 'deleteApiKey',
  summary: 'Revoke an API key with immediate effect',
  method: 'DELETE',
  auth: 'caller',
  params: z.object({ id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, { error: 'Invalid key id' }) }),
  status: 200,
  failure: 'Failed to delete API key',
  errors: ['UNAUTHORIZED', 'API_KEY_NOT_FOUND'],
  backend: { path: '/api/keys/:id', response: revoked },
  web: { path: '/api/keys/:id', response: revoked },
});
