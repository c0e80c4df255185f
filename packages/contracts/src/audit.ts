import { z } from 'zod';
import { agentIdSchema } from './agents.ts';
import { defineRoute } from './define-route.ts';
import { pageQuery, wholeNumber } from './paging.ts';

const entry = z.strictObject({
  /** The number of the entry in the owner's log: from 1, without gaps. */
  seq: z.int(),
  at: z.iso.datetime(),
  /** The credential that was used: a dashboard session, an API key or the internal key; or the web app or the platform itself. */
  actor: z.enum(['session', 'apiKey', 'internal', 'web', 'platform']),
  userId: z.string().nullable(),
  keyId: z.string().nullable(),
  /** The id of the API operation; `operation:` and its kind for the end of a job. */
  action: z.string(),
  agentId: z.string().nullable(),
  /** The user, API key, wallet or backup that the request names. `hash` covers it only when it is not null. */
  target: z.string().nullable(),
  /** `unknown` when the process ended before it stored the outcome of the request. */
  outcome: z.enum(['done', 'repeated', 'refused', 'failed', 'cancelled', 'unknown']),
  status: z.int().nullable(),
  code: z.string().nullable(),
  ip: z.string().nullable(),
  userAgent: z.string().nullable(),
  requestId: z.string().nullable(),
  prevHash: z.string(),
  hash: z.string(),
});
export type AuditEntryView = z.infer<typeof entry>;

const page = z.strictObject({ entries: z.array(entry), status: z.literal('ok') });
export const listAudit = defineRoute({
  id: 'listAudit',
  summary: 'The changes to the account and its agents, newest first: each with its actor, its origin and its outcome',
  method: 'GET',
  auth: 'caller',
  query: pageQuery.extend({ limit: wholeNumber('limit', 1, 100).default(50), agentId: agentIdSchema.optional() }),
  status: 200,
  failure: 'Failed to list the audit log',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED'],
  backend: { path: '/api/audit', response: page },
  web: { path: '/api/audit', response: page },
});

export const exportAudit = defineRoute({
  id: 'exportAudit',
  summary: 'The whole audit log, oldest first, as one JSON object per line; the hashes prove that no entry was changed',
  method: 'GET',
  auth: 'caller',
  download: true,
  query: z.object({ agentId: agentIdSchema.optional() }),
  status: 200,
  failure: 'Failed to export the audit log',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED'],
  backend: { path: '/api/audit/export', response: entry },
  web: { path: '/api/audit/export', response: entry },
  timeoutMs: 60_000,
});
