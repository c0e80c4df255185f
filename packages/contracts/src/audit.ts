import { z } from 'zod';
import { agentIdSchema } from './agents.ts';
import { defineRoute } from './define-route.ts';
import { pageQuery, wholeNumber } from './paging.ts';

/** The credential that was used: a dashboard session, an API key or the internal key; or the web app or the platform itself. */
const actorSchema = z.enum(['session', 'apiKey', 'internal', 'web', 'platform'], {
  error: 'Invalid actor: use session, apiKey, internal, web or platform',
});
/** `unknown` when the process ended before it stored the outcome of the request. */
const outcomeSchema = z.enum(['done', 'repeated', 'refused', 'failed', 'cancelled', 'unknown'], {
  error: 'Invalid outcome: use done, repeated, refused, failed, cancelled or unknown',
});

/** Entries match all given filters. An action is any name: the log keeps the names of former operations. */
const filters = z.object({
  actor: actorSchema.optional(),
  action: z
    .string()
    .regex(/^(operation:)?[A-Za-z-]{1,64}$/, { error: 'Invalid action' })
    .optional(),
  agentId: agentIdSchema.optional(),
  outcome: outcomeSchema.optional(),
});
export type AuditFilters = z.output<typeof filters>;

const entry = z.strictObject({
  /** The number of the entry in the owner's log: from 1, without gaps. */
  seq: z.int(),
  at: z.iso.datetime(),
  actor: actorSchema,
  userId: z.string().nullable(),
  keyId: z.string().nullable(),
  /** The id of the API operation; `operation:` and its kind for the end of a job. */
  action: z.string(),
  agentId: z.string().nullable(),
  /** The user, API key, wallet or backup that the request names. `hash` covers it only when it is not null. */
  target: z.string().nullable(),
  outcome: outcomeSchema,
  status: z.int().nullable(),
  code: z.string().nullable(),
  ip: z.string().nullable(),
  userAgent: z.string().nullable(),
  requestId: z.string().nullable(),
  prevHash: z.string(),
  hash: z.string(),
});
export type AuditEntryView = z.infer<typeof entry>;

/** `agentName` is null for a deleted agent. */
const listedEntry = entry.extend({ agentName: z.string().nullable() });
export type ListedAuditEntry = z.infer<typeof listedEntry>;

const page = z.strictObject({ entries: z.array(listedEntry), status: z.literal('ok') });
export const listAudit = defineRoute({
  id: 'listAudit',
  summary:
    'The changes to the account and its agents, newest first: each with its actor, its origin and its outcome; all of them, or those of one actor, action, agent or outcome',
  method: 'GET',
  auth: 'caller',
  query: filters.extend(pageQuery.shape).extend({ limit: wholeNumber('limit', 1, 100).default(50) }),
  status: 200,
  failure: 'Failed to list the audit log',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED'],
  backend: { path: '/api/audit', response: page },
  web: { path: '/api/audit', response: page },
});

/** `ndjson`: JSON lines. */
const formatSchema = z.enum(['ndjson', 'csv'], { error: 'Invalid format: use ndjson or csv' }).default('ndjson');
export const exportAudit = defineRoute({
  id: 'exportAudit',
  summary:
    'The audit log, whole or filtered as the list, oldest first: one JSON object per line, or a CSV file with the same fields (`format=csv`; RFC 4180, UTF-8; texts that begin like a formula have an apostrophe in front); the hashes prove that no entry was changed',
  method: 'GET',
  auth: 'caller',
  download: true,
  query: filters.extend({ format: formatSchema }),
  status: 200,
  failure: 'Failed to export the audit log',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED'],
  backend: { path: '/api/audit/export', response: entry },
  web: { path: '/api/audit/export', response: entry },
  timeoutMs: 60_000,
});
