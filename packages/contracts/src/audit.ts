import { z } from 'zod';
import { email } from './accounts.ts';
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

/** The account whose log has the entry; `accountEmail` is null for a deleted account. */
const account = { accountId: z.string(), accountEmail: z.string().nullable() };
const accountEntry = listedEntry.extend(account);
export type AccountAuditEntry = z.infer<typeof accountEntry>;

const accountFilters = filters.extend({
  account: z.union([z.string().regex(/^[A-Za-z0-9_-]{1,64}$/), email], { error: 'Invalid account: use an id or an email' }).optional(),
});
export type AccountAuditFilters = z.output<typeof accountFilters>;

const accountsPage = z.strictObject({
  entries: z.array(accountEntry),
  /** The cursor of the next page; null on the last page. */
  next: z.string().nullable(),
  status: z.literal('ok'),
});
export const listAllAudit = defineRoute({
  id: 'listAllAudit',
  summary:
    'The audit logs of all accounts as one list, newest first, with the filters of `listAudit`, and `account` (id or email) for one account',
  method: 'GET',
  auth: 'admin',
  query: accountFilters.extend(pageQuery.shape).extend({ limit: wholeNumber('limit', 1, 100).default(50) }),
  status: 200,
  failure: 'Failed to list the audit log',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN'],
  backend: { path: '/api/admin/audit', response: accountsPage },
  web: { path: '/api/admin/audit', response: accountsPage },
});

const exportedAccountEntry = entry.extend(account);
export const exportAllAudit = defineRoute({
  id: 'exportAllAudit',
  summary:
    'The audit logs of all accounts as one file, oldest first, with the filters of `listAllAudit` and the formats of `exportAudit`; each entry has its account',
  method: 'GET',
  auth: 'admin',
  download: true,
  query: accountFilters.extend({ format: formatSchema }),
  status: 200,
  failure: 'Failed to export the audit log',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN'],
  backend: { path: '/api/admin/audit/export', response: exportedAccountEntry },
  web: { path: '/api/admin/audit/export', response: exportedAccountEntry },
  timeoutMs: 60_000,
});
