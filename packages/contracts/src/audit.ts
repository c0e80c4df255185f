import { z } from 'zod';
import { agentIdSchema } from './agents.ts';
import { defineRoute } from './define-route.ts';
import { pageQuery, wholeNumber } from './paging.ts';

const entry = z.strictObject({
  /** Counts the owner's entries from 1, without gaps. */
  seq: z.int(),
  at: z.iso.datetime(),
  /** With which credential: the dashboard, an API key, the internal key; or the web app or the platform by itself. */
  actor: z.enum(['session', 'apiKey', 'internal', 'web', 'platform']),
  userId: z.string().nullable(),
  keyId: z.string().nullable(),
  /** An operation's name in this API, or `operation:` and its kind when a job ended. */
  action: z.string(),
  agentId: z.string().nullable(),
  /** What the request named beside an agent: a user, an API key, a wallet, a backup. In `hash` only where there is one. */
  target: z.string().nullable(),
  /** `unknown` where the process that served the request ended before it could say. */
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
  summary: 'What was done to the account and its agents, newest first: every change, who asked for it, from where, and its outcome',
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
  summary: 'The whole audit log, oldest first, a JSON object a line; the hashes let anybody check that nothing was changed since',
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
