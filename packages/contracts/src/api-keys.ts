import { z } from 'zod';
import { defineRoute } from './define-route.ts';

const timestamp = z.iso.datetime();
const name = z
  .string({ error: 'Key name is required' })
  .trim()
  .min(1, { error: 'Key name is required' })
  .max(100, { error: 'Key name must be at most 100 characters' })
  .regex(/^\P{Cc}*$/u, { error: 'Key name must not contain control characters' });
const listed = z.strictObject({
  id: z.string(),
  name: z.string(),
  keyPreview: z.string(),
  createdAt: timestamp,
  lastUsed: timestamp.nullable(),
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

const created = listed.extend({ key: z.string() });
export const createApiKey = defineRoute({
  id: 'createApiKey',
  summary: 'Make an API key; `key` is shown this once. A key cannot make another one',
  method: 'POST',
  auth: 'caller',
  body: z.object({ name }),
  status: 201,
  failure: 'Failed to create API key',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN', 'API_KEY_LIMIT_REACHED'],
  backend: { path: '/api/keys', response: created },
  web: { path: '/api/keys', response: created },
});

const revoked = z.strictObject({ id: z.string(), deleted: z.literal(true) });
export const deleteApiKey = defineRoute({
  id: 'deleteApiKey',
  summary: 'Revoke an API key at once',
  method: 'DELETE',
  auth: 'caller',
  params: z.object({ id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, { error: 'Invalid key id' }) }),
  status: 200,
  failure: 'Failed to delete API key',
  errors: ['UNAUTHORIZED', 'API_KEY_NOT_FOUND'],
  backend: { path: '/api/keys/:id', response: revoked },
  web: { path: '/api/keys/:id', response: revoked },
});
