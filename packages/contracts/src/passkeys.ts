import { z } from 'zod';
import { refusesApiKeys } from './account.ts';
import { confirmation, signedIn } from './accounts.ts';
import { defineRoute } from './define-route.ts';
import { visibleText } from './visible-text.ts';

const timestamp = z.iso.datetime();
/** How many passkeys an account may have. */
export const MAX_PASSKEYS = 10;

/** What the browser's WebAuthn call takes, in the form of JSON. @see https://www.w3.org/TR/webauthn-3/#sctn-parseCreationOptionsFromJSON */
const options = z.record(z.string(), z.unknown());
const challenge = z.strictObject({ options, expiresAt: timestamp });
/** What the browser's WebAuthn call returned, in the form of JSON. */
const credential = z.looseObject(
  {
    id: z.string().max(2_000),
    response: z.looseObject({ clientDataJSON: z.string().max(10_000), userHandle: z.string().max(100).nullish() }),
  },
  { error: 'Invalid credential' },
);
const name = z
  .string({ error: 'A name is required' })
  .trim()
  .min(1, { error: 'A name is required' })
  .max(100, { error: 'name must be at most 100 characters' })
  .regex(visibleText, { error: 'name must not contain control or invisible characters' });
const params = z.object({ id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, { error: 'Invalid passkey' }) });

export const challengePasskeySignIn = defineRoute({
  id: 'challengePasskeySignIn',
  summary:
    'Options for `navigator.credentials.get`, to sign in with a passkey; valid once, for five minutes. They are alike for everybody: the passkey names its account',
  method: 'POST',
  auth: 'web',
  rateLimit: 'signInChallenges',
  // Each view of the sign-in page requests a challenge, and nobody is known yet.
  audit: false,
  status: 200,
  failure: 'Failed to create a challenge',
  errors: ['RATE_LIMITED'],
  backend: { path: '/api/passkeys/challenge', response: challenge },
  web: { path: '/api/passkeys/challenge', response: challenge },
});

/** Called by the web app only, for next-auth's provider `passkey`. */
export const signInWithPasskey = defineRoute({
  id: 'signInWithPasskey',
  summary: 'Check the response of a passkey to its challenge, and begin a session',
  method: 'POST',
  auth: 'web',
  rateLimit: 'credentials',
  body: z.object({ credential }),
  status: 200,
  failure: 'Failed to sign in',
  errors: ['INVALID_REQUEST', 'UNKNOWN_PASSKEY', 'PASSKEY_COPIED', 'ACCOUNT_BLOCKED', 'CHALLENGE_EXPIRED', 'RATE_LIMITED'],
  backend: { path: '/api/credentials/passkey', response: signedIn },
});

const passkey = z.strictObject({
  id: z.string(),
  name: z.string(),
  createdAt: timestamp,
  lastUsedAt: timestamp.nullable(),
});
export type PasskeyView = z.infer<typeof passkey>;
const list = z.strictObject({
  passkeys: z.array(passkey),
  /** What the browser tells the authenticator: it then offers no passkey of the account that was removed. */
  accepted: z.strictObject({ rpId: z.string(), userId: z.string(), credentialIds: z.array(z.string()) }),
  status: z.literal('ok'),
});
export const listAccountPasskeys = defineRoute({
  id: 'listAccountPasskeys',
  summary: 'The passkeys that sign in to the account, newest first',
  method: 'GET',
  auth: 'caller',
  refusesApiKeys,
  status: 200,
  failure: 'Failed to list passkeys',
  errors: ['UNAUTHORIZED', 'FORBIDDEN'],
  backend: { path: '/api/account/passkeys', response: list },
  web: { path: '/api/account/passkeys', response: list },
});

// A PUT: a POST keeps a hash of its body for repetitions, and this one has a password.
export const challengeAccountPasskey = defineRoute({
  id: 'challengeAccountPasskey',
  summary:
    'Options for `navigator.credentials.create`, to add a passkey; valid once, for five minutes, in this session. An account with a password needs `password`, another one needs its `email`',
  method: 'PUT',
  auth: 'caller',
  refusesApiKeys,
  rateLimit: 'credentials',
  body: confirmation,
  status: 200,
  failure: 'Failed to create a challenge',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN', 'WRONG_PASSWORD', 'PASSKEY_LIMIT_REACHED', 'RATE_LIMITED'],
  backend: { path: '/api/account/passkeys/challenge', response: challenge },
  web: { path: '/api/account/passkeys/challenge', response: challenge },
});

export const addAccountPasskey = defineRoute({
  id: 'addAccountPasskey',
  summary: 'Add the passkey that the browser created with the options of `challengeAccountPasskey`; up to ten',
  method: 'POST',
  auth: 'caller',
  refusesApiKeys,
  body: z.object({ name, credential }),
  status: 201,
  failure: 'Failed to add the passkey',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN', 'PASSKEY_TAKEN', 'CHALLENGE_EXPIRED', 'PASSKEY_LIMIT_REACHED'],
  backend: { path: '/api/account/passkeys', response: passkey },
  web: { path: '/api/account/passkeys', response: passkey },
});

export const renameAccountPasskey = defineRoute({
  id: 'renameAccountPasskey',
  summary: 'Rename a passkey of the account',
  method: 'PATCH',
  auth: 'caller',
  refusesApiKeys,
  params,
  body: z.object({ name }),
  status: 200,
  failure: 'Failed to rename the passkey',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN', 'PASSKEY_NOT_FOUND'],
  backend: { path: '/api/account/passkeys/:id', response: passkey },
  web: { path: '/api/account/passkeys/:id', response: passkey },
});

const removed = z.strictObject({ id: z.string(), removed: z.literal(true) });
export const removeAccountPasskey = defineRoute({
  id: 'removeAccountPasskey',
  summary: 'Remove a passkey of the account: it no longer signs in, and the sessions that it began end at once, except this one',
  method: 'DELETE',
  auth: 'caller',
  refusesApiKeys,
  params,
  status: 200,
  failure: 'Failed to remove the passkey',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN', 'PASSKEY_NOT_FOUND'],
  backend: { path: '/api/account/passkeys/:id', response: removed },
  web: { path: '/api/account/passkeys/:id', response: removed },
});
