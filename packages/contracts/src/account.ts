import { z } from 'zod';
import { accountName, confirmation, givenPassword, password } from './accounts.ts';
import { defineRoute } from './define-route.ts';
import { planSchema } from './plans.ts';

const timestamp = z.iso.datetime();
/** The sentence for API keys: an account is managed in the dashboard. */
export const refusesApiKeys = 'An API key cannot manage its account';

const account = z.strictObject({
  id: z.string(),
  email: z.string(),
  /** When the address was proved; null when it has not been. */
  emailVerifiedAt: timestamp.nullable(),
  name: z.string().nullable(),
  admin: z.boolean(),
  plan: planSchema.nullable(),
  /** Whether the account signs in with a password. */
  hasPassword: z.boolean(),
  /** The sign-in providers of the account. */
  providers: z.array(z.enum(['github', 'google', 'oidc'])),
  /** Whether the owner wants mails about agents that stopped working, and about automatic backups that failed. */
  agentMails: z.boolean(),
  /** Whether the account has a passkey that signs in. */
  hasPasskey: z.boolean(),
  createdAt: timestamp,
});
export type AccountView = z.infer<typeof account>;
const one = z.strictObject({ account, status: z.literal('ok') });
export const getAccount = defineRoute({
  id: 'getAccount',
  summary: 'The account of the session: its name, its email and how it signs in',
  method: 'GET',
  auth: 'caller',
  refusesApiKeys,
  status: 200,
  failure: 'Failed to fetch account',
  errors: ['UNAUTHORIZED', 'FORBIDDEN'],
  backend: { path: '/api/account', response: one },
  web: { path: '/api/account', response: one },
});

const change = z
  .object({
    name: accountName.nullable().optional(),
    password: password.optional(),
    currentPassword: givenPassword('currentPassword').optional(),
    agentMails: z.boolean({ error: 'agentMails must be true or false' }).optional(),
  })
  .refine(({ password: wanted, currentPassword }) => wanted === undefined || currentPassword !== undefined, {
    error: 'A new password needs currentPassword',
  });
export type AccountChange = z.output<typeof change>;
export const updateAccount = defineRoute({
  id: 'updateAccount',
  summary:
    'Change the name (null removes it), whether agents are told of by mail, or the password; a new password needs `currentPassword` and ends every other session. API keys stay valid',
  method: 'PUT',
  auth: 'caller',
  refusesApiKeys,
  rateLimit: 'credentials',
  body: change,
  status: 200,
  failure: 'Failed to change the account',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN', 'WRONG_PASSWORD', 'RATE_LIMITED'],
  backend: { path: '/api/account', response: one },
  web: { path: '/api/account', response: one },
});

const removed = z.strictObject({
  id: z.string(),
  /** `deleting` while agents are still being deleted: the account disappears after the last one. */
  state: z.enum(['deleted', 'deleting']),
});
export const deleteAccount = defineRoute({
  id: 'deleteAccount',
  summary:
    'Delete the account with all its agents, for good: every session and API key ends at once. An account with a password needs `password`, another one needs its `email`',
  method: 'DELETE',
  auth: 'caller',
  refusesApiKeys,
  rateLimit: 'credentials',
  body: confirmation,
  status: 200,
  failure: 'Failed to delete the account',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN', 'WRONG_PASSWORD', 'LAST_ADMINISTRATOR', 'SUBSCRIPTION_ACTIVE', 'RATE_LIMITED'],
  backend: { path: '/api/account', response: removed },
  web: { path: '/api/account', response: removed },
  timeoutMs: 30_000,
});

const time = timestamp.nullable();
const message = z.strictObject({
  id: z.string(),
  conversationId: z.string(),
  sender: z.string(),
  platform: z.string(),
  content: z.string(),
  createdAt: timestamp,
});
const exportedAgent = z.strictObject({
  id: z.string(),
  name: z.string(),
  model: z.string(),
  aiProvider: z.string(),
  plan: planSchema,
  state: z.string(),
  /** The owner's settings. */
  config: z.unknown(),
  createdAt: timestamp,
  backups: z.array(z.strictObject({ id: z.string(), cause: z.string(), image: z.string().nullable(), createdAt: timestamp })),
  conversations: z.array(
    z.strictObject({ id: z.string(), title: z.string().nullable(), platform: z.string(), createdAt: timestamp, lastActivityAt: timestamp }),
  ),
  messages: z.array(message),
});
const file = z.strictObject({
  exportedAt: timestamp,
  account,
  sessions: z.array(
    z.strictObject({
      id: z.string(),
      createdAt: timestamp,
      lastSeenAt: timestamp,
      userAgent: z.string().nullable(),
      expiresAt: timestamp,
      endedAt: time,
    }),
  ),
  apiKeys: z.array(
    z.strictObject({
      id: z.string(),
      name: z.string(),
      preview: z.string(),
      scopes: z.array(z.string()),
      agentId: z.string().nullable(),
      createdAt: timestamp,
      lastUsedAt: time,
      expiresAt: time,
    }),
  ),
  modelKeys: z.array(z.strictObject({ provider: z.string(), preview: z.string(), createdAt: timestamp, updatedAt: timestamp })),
  wallets: z.array(z.strictObject({ address: z.string(), linkedAt: timestamp })),
  /** The passkeys that sign in. */
  signInPasskeys: z.array(z.strictObject({ id: z.string(), name: z.string(), createdAt: timestamp, lastUsedAt: time })),
  /** The passkeys that verify agents. */
  passkeys: z.array(z.strictObject({ credentialId: z.string(), createdAt: timestamp })),
  subscriptions: z.array(z.strictObject({ id: z.string(), plan: planSchema.nullable(), status: z.string(), currentPeriodEnd: time })),
  planRequests: z.array(
    z.strictObject({
      plan: planSchema,
      message: z.string().nullable(),
      state: z.string(),
      createdAt: timestamp,
      decidedAt: time,
      grantedPlan: planSchema.nullable(),
      reason: z.string().nullable(),
    }),
  ),
  modelCalls: z.array(
    z.strictObject({
      day: z.iso.date(),
      agentId: z.string(),
      provider: z.string(),
      model: z.string(),
      requests: z.int(),
      inputTokens: z.int(),
      outputTokens: z.int(),
      costUsd: z.number(),
    }),
  ),
  agents: z.array(exportedAgent),
});
export const exportAccount = defineRoute({
  id: 'exportAccount',
  summary:
    'What the account has, as a JSON file without secrets: sessions, API keys, wallets, passkeys, subscriptions, agents with their settings, conversations and messages, and what model calls cost',
  method: 'GET',
  auth: 'caller',
  refusesApiKeys,
  audit: true,
  download: true,
  status: 200,
  failure: 'Failed to export the account',
  errors: ['UNAUTHORIZED', 'FORBIDDEN'],
  backend: { path: '/api/account/export', response: file },
  web: { path: '/api/account/export', response: file },
  timeoutMs: 60_000,
});

const session = z.strictObject({
  id: z.string(),
  createdAt: timestamp,
  /** Written at most once a minute. */
  lastSeenAt: timestamp,
  expiresAt: timestamp,
  userAgent: z.string().nullable(),
  /** Whether the request comes from this session. */
  current: z.boolean(),
});
export type SessionView = z.infer<typeof session>;
const sessions = z.strictObject({ sessions: z.array(session), status: z.literal('ok') });
export const listAccountSessions = defineRoute({
  id: 'listAccountSessions',
  summary: 'The browser sessions of the account that are still valid, the last used first',
  method: 'GET',
  auth: 'caller',
  refusesApiKeys,
  status: 200,
  failure: 'Failed to list sessions',
  errors: ['UNAUTHORIZED', 'FORBIDDEN'],
  backend: { path: '/api/account/sessions', response: sessions },
  web: { path: '/api/account/sessions', response: sessions },
});

const ended = z.strictObject({ id: z.string(), ended: z.literal(true) });
export const endAccountSession = defineRoute({
  id: 'endAccountSession',
  summary: 'End a browser session of the account with immediate effect, its open streams included',
  method: 'DELETE',
  auth: 'caller',
  refusesApiKeys,
  params: z.object({ id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, { error: 'Invalid session' }) }),
  status: 200,
  failure: 'Failed to end the session',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN', 'SESSION_NOT_FOUND'],
  backend: { path: '/api/account/sessions/:id', response: ended },
  web: { path: '/api/account/sessions/:id', response: ended },
});
