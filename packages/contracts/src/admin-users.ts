import { z } from 'zod';
import { accountName, email } from './accounts.ts';
import { defineRoute } from './define-route.ts';

const params = z.object({ id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, { error: 'Invalid user id' }) });
const errors = ['INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN', 'USER_NOT_FOUND'] as const;

const invited = z.strictObject({
  id: z.string(),
  email: z.string(),
  /** The link with which the user sets the password, where the installation cannot mail it; null when it was mailed. */
  url: z.string().nullable(),
  expiresAt: z.iso.datetime(),
});
export const createUser = defineRoute({
  id: 'createUser',
  summary:
    'Open an account for somebody, also where sign-up is closed: its user sets the password with a link that is valid for a week; it is mailed, or `url` is returned only once',
  method: 'POST',
  auth: 'admin',
  refusesApiKeys: 'Only a signed-in administrator can open an account for somebody',
  body: z.object({ email, name: accountName.optional() }),
  status: 201,
  failure: 'Failed to create the account',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN', 'EMAIL_TAKEN', 'MAIL_UNAVAILABLE'],
  backend: { path: '/api/admin/users', response: invited },
  web: { path: '/api/admin/users', response: invited },
});

const withdrawn = z.strictObject({ id: z.string(), email: z.string(), plan: z.null() });
export const withdrawPlan = defineRoute({
  id: 'withdrawPlan',
  summary: 'Take a granted plan away; the agents that no subscription covers are stopped and keep their data',
  method: 'DELETE',
  auth: 'admin',
  params,
  status: 200,
  failure: 'Failed to withdraw the plan',
  errors,
  backend: { path: '/api/admin/users/:id/plan', response: withdrawn },
  web: { path: '/api/admin/users/:id/plan', response: withdrawn },
});

const role = z.strictObject({ id: z.string(), email: z.string(), admin: z.boolean() });
export const setUserRole = defineRoute({
  id: 'setUserRole',
  summary: 'Make a user an administrator, or an administrator a user; one administrator always remains',
  method: 'PUT',
  auth: 'admin',
  params,
  body: z.object({ admin: z.boolean({ error: 'admin must be true or false' }) }),
  status: 200,
  failure: 'Failed to change the role',
  errors: [...errors, 'LAST_ADMINISTRATOR'],
  backend: { path: '/api/admin/users/:id/role', response: role },
  web: { path: '/api/admin/users/:id/role', response: role },
});

const blocked = z.strictObject({ id: z.string(), email: z.string(), blocked: z.boolean() });
export const setUserBlocked = defineRoute({
  id: 'setUserBlocked',
  summary:
    'Block a user: every session and stream ends, API keys are refused, and the agents are stopped and keep their data; or unblock the user, which starts these agents again',
  method: 'PUT',
  auth: 'admin',
  params,
  body: z.object({ blocked: z.boolean({ error: 'blocked must be true or false' }) }),
  status: 200,
  failure: 'Failed to block the user',
  errors: [...errors, 'LAST_ADMINISTRATOR'],
  backend: { path: '/api/admin/users/:id/blocked', response: blocked },
  web: { path: '/api/admin/users/:id/blocked', response: blocked },
});

const removed = z.strictObject({
  id: z.string(),
  /** `deleting` while agents are still being deleted: the account disappears after the last one. */
  state: z.enum(['deleted', 'deleting']),
});
export const deleteUser = defineRoute({
  id: 'deleteUser',
  summary: "Delete a user's account with all its agents, for good",
  method: 'DELETE',
  auth: 'admin',
  params,
  status: 200,
  failure: 'Failed to delete the user',
  errors: [...errors, 'LAST_ADMINISTRATOR', 'SUBSCRIPTION_ACTIVE'],
  backend: { path: '/api/admin/users/:id', response: removed },
  web: { path: '/api/admin/users/:id', response: removed },
  timeoutMs: 30_000,
});

const link = z.strictObject({ url: z.string(), expiresAt: z.iso.datetime() });
export const createResetLink = defineRoute({
  id: 'createResetLink',
  summary:
    'A link with which a user sets a new password within one hour, where the installation cannot send mail; `url` is returned only once',
  method: 'POST',
  auth: 'admin',
  refusesApiKeys: 'Only a signed-in administrator can create a link to set a password',
  params,
  status: 200,
  failure: 'Failed to create the link',
  errors: [...errors, 'MAIL_AVAILABLE'],
  backend: { path: '/api/admin/users/:id/reset-link', response: link },
  web: { path: '/api/admin/users/:id/reset-link', response: link },
});
