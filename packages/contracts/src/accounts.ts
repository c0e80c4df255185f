import { z } from 'zod';
import { defineRoute } from './define-route.ts';
import { planSchema } from './plans.ts';
import { visibleText } from './visible-text.ts';

/** The address of an account, in lower case. */
export const email = z
  .string({ error: 'A valid email is required' })
  .trim()
  .toLowerCase()
  .max(254, { error: 'A valid email is required' })
  .pipe(z.email({ error: 'A valid email is required' }));
/** A new password. */
export const password = z
  .string({ error: 'Password must be at least 8 characters' })
  .min(8, { error: 'Password must be at least 8 characters' })
  .max(200, { error: 'Password must be at most 200 characters' })
  .refine(
    (text) => text.replace(/^[\s\p{Default_Ignorable_Code_Point}\u2800]+|[\s\p{Default_Ignorable_Code_Point}\u2800]+$/gu, '').length >= 8,
    {
      error: 'Password must be at least 8 characters, without blanks at its ends',
    },
  );
/** The name of an account. */
export const accountName = z
  .string({ error: 'Name must be text' })
  .trim()
  .min(1, { error: 'Name must not be empty' })
  .max(100, { error: 'Name must be at most 100 characters' })
  .regex(visibleText, { error: 'Name must not contain control or invisible characters' });
const account = z.strictObject({ id: z.string(), email: z.string() });
/** A password of the account, as it was typed. */
export const givenPassword = (name: string) =>
  z.string({ error: `${name} must be text` }).max(200, { error: `${name} must be at most 200 characters` });
/** What the owner of an account types to confirm that it is theirs. */
export const confirmation = z.object({
  password: givenPassword('password').optional(),
  email: z.string({ error: 'email must be text' }).max(254, { error: 'email must be at most 254 characters' }).optional(),
});
/** How long a browser session lasts from its sign-in. */
export const SESSION_SECONDS = 14 * 24 * 3600;
/** The signed-in user and the id of the new session. */
export const signedIn = z.strictObject({ id: z.string(), email: z.string(), name: z.string().nullable(), session: z.string() });

export const register = defineRoute({
  id: 'register',
  summary: 'Open an account; the first of an installation is its administrator',
  method: 'POST',
  auth: 'web',
  rateLimit: 'credentials',
  body: z.object({
    email,
    password,
    name: accountName.optional(),
  }),
  status: 201,
  failure: 'Failed to register',
  errors: ['INVALID_REQUEST', 'SIGN_UP_CLOSED', 'EMAIL_TAKEN', 'RATE_LIMITED'],
  backend: { path: '/api/register', response: account },
  web: { path: '/api/register', response: account },
});

/** Called by the web app only, for next-auth's `credentials` provider. */
export const verifyCredentials = defineRoute({
  id: 'verifyCredentials',
  summary: "Check an account's email and password, and begin a session",
  method: 'POST',
  auth: 'web',
  rateLimit: 'credentials',
  body: z.object({ email, password: z.string().max(200) }),
  status: 200,
  failure: 'Failed to sign in',
  errors: ['UNAUTHORIZED', 'ACCOUNT_BLOCKED', 'RATE_LIMITED'],
  backend: { path: '/api/credentials/verify', response: signedIn },
});

/** Called by the web app only, when next-auth signs a browser out. */
export const signOut = defineRoute({
  id: 'signOut',
  summary: 'End a browser session; its cookie is refused from then on',
  method: 'POST',
  auth: 'web',
  body: z.object({ session: z.string().regex(/^session_[a-z0-9]{12}$/, { error: 'Invalid session' }) }),
  status: 200,
  failure: 'Failed to sign out',
  errors: ['INVALID_REQUEST', 'SESSION_NOT_FOUND'],
  backend: { path: '/api/credentials/sign-out', response: z.strictObject({ id: z.string() }) },
});

const me = z.strictObject({
  id: z.string(),
  email: z.string(),
  name: z.string().nullable(),
  admin: z.boolean(),
  plan: planSchema.nullable(),
  /** Whether the account needs a plan before it can provision an agent. */
  needsPlan: z.boolean(),
  agentLimit: z.int(),
  agentCount: z.int(),
});
export type Me = z.infer<typeof me>;
export const getMe = defineRoute({
  id: 'getMe',
  summary: 'The signed-in account with its plan and its agent limit',
  method: 'GET',
  auth: 'caller',
  status: 200,
  failure: 'Failed to fetch account',
  errors: ['UNAUTHORIZED'],
  backend: { path: '/api/me', response: me },
  web: { path: '/api/me', response: me },
});

const granted = z.strictObject({ id: z.string(), email: z.string(), plan: planSchema });
export const grantPlan = defineRoute({
  id: 'grantPlan',
  summary: 'Give a user, by id or email, a plan that counts as an active subscription',
  method: 'PUT',
  auth: 'admin',
  params: z.object({ id: z.union([z.string().regex(/^[A-Za-z0-9_-]{1,64}$/), email], { error: 'Invalid user id or email' }) }),
  body: z.object({ plan: planSchema }),
  status: 200,
  failure: 'Failed to grant plan',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN', 'USER_NOT_FOUND'],
  backend: { path: '/api/admin/users/:id/plan', response: granted },
  web: { path: '/api/admin/users/:id/plan', response: granted },
});

/** Called by the web app only, after a provider has identified the user. */
export const signInWithProvider = defineRoute({
  id: 'signInWithProvider',
  summary: 'Begin a session for a user of GitHub, Google or another OpenID provider; the first sign-in opens an account',
  method: 'POST',
  auth: 'web',
  body: z.object({
    provider: z.enum(['github', 'google', 'oidc']),
    /** The user's number at GitHub, or the `sub` of an OpenID provider (up to 255 characters), for `oidc` with its issuer before it. */
    subject: z.string().min(1).max(600),
    email,
    emailVerified: z.boolean(),
    name: z.string().max(100).nullable(),
  }),
  status: 200,
  failure: 'Failed to sign in',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'SIGN_UP_CLOSED', 'ACCOUNT_BLOCKED', 'EMAIL_TAKEN'],
  backend: { path: '/api/credentials/provider', response: signedIn },
});

const options = z.strictObject({
  /** Whether anybody may open an account. Also true while the installation has none: the first one is its administrator. */
  signUp: z.boolean(),
  /** Whether the installation mails links to set a new password. */
  passwordReset: z.boolean(),
  /** Whom people ask for help, as the operator wrote it. */
  supportContact: z.string().nullable(),
});
export const getSignInOptions = defineRoute({
  id: 'getSignInOptions',
  summary: 'The options of the sign-in page',
  method: 'GET',
  auth: 'public',
  status: 200,
  failure: 'Failed to fetch sign-in options',
  errors: [],
  backend: { path: '/api/sign-in-options', response: options },
  web: { path: '/api/sign-in-options', response: options },
});

const done = z.strictObject({ success: z.literal(true) });
export const requestPasswordReset = defineRoute({
  id: 'requestPasswordReset',
  summary: 'Mail a link to set a new password; the response does not reveal whether the account exists',
  method: 'POST',
  auth: 'web',
  rateLimit: 'credentials',
  body: z.object({ email }),
  status: 200,
  failure: 'Failed to send the mail',
  errors: ['INVALID_REQUEST', 'RATE_LIMITED', 'MAIL_UNAVAILABLE'],
  backend: { path: '/api/password/forgot', response: done },
  web: { path: '/api/password/forgot', response: done },
});

export const resetPassword = defineRoute({
  id: 'resetPassword',
  summary:
    'Set a new password with the token of a mailed link; every session ends. The first link proves the address and removes every earlier credential',
  method: 'POST',
  auth: 'web',
  rateLimit: 'credentials',
  body: z.object({
    token: z.string().regex(/^[\w-]{43}$/, { error: 'This link is no longer valid' }),
    password,
    /** Whether the account's API keys are revoked as well. */
    revokeKeys: z.boolean({ error: 'revokeKeys must be true or false' }).optional(),
    /** Whether the passkeys that sign in to the account are removed as well. */
    removePasskeys: z.boolean({ error: 'removePasskeys must be true or false' }).optional(),
  }),
  status: 200,
  failure: 'Failed to set the password',
  errors: ['INVALID_REQUEST', 'RATE_LIMITED'],
  backend: { path: '/api/password/reset', response: done },
  web: { path: '/api/password/reset', response: done },
});
