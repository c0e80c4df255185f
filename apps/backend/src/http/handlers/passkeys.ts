import { confirmOwner } from '../../domain/accounts/confirm-owner.ts';
import { handleOf, listPasskeys, passkeyView, removePasskey, renamePasskey } from '../../domain/accounts/passkeys.ts';
import { createSignInThrottle } from '../../domain/accounts/sign-in-throttle.ts';
import type { Context } from '../../domain/context.ts';
import { userOf } from '../../shared/actor.ts';
import type { Handlers } from '../mount-routes.ts';

// Loaded on first use: these modules load slowly, and few requests need them.
const addition = () => import('../../domain/accounts/add-passkey.ts');
const signIn = () => import('../../domain/accounts/sign-in-with-passkey.ts');

/** Handlers for the routes of packages/contracts/src/passkeys.ts. */
export function passkeysHandlers(context: Context) {
  const { accounts, config } = context;
  // A typed password counts like a sign-in: a session alone must not try passwords without a limit.
  const withThrottle = createSignInThrottle(context);
  return {
    challengePasskeySignIn: async () => (await signIn()).challengePasskeySignIn(context),
    signInWithPasskey: async ({ body, userAgent }) => (await signIn()).signInWithPasskey(context, body.credential, userAgent),
    listAccountPasskeys: async ({ actor }) => {
      const rows = await listPasskeys(context, actor);
      const userId = handleOf(userOf(actor)).toString('base64url');
      const credentialIds = rows.map(({ credentialId }) => credentialId);
      return {
        passkeys: rows.map(passkeyView),
        accepted: { rpId: new URL(config.DASHBOARD_URL).hostname, userId, credentialIds },
        status: 'ok',
      };
    },
    challengeAccountPasskey: async ({ actor, body, ip }) => {
      const { id, email } = await accounts.find(userOf(actor));
      await withThrottle(email, ip, () => confirmOwner(context, id, body, 'add a passkey'));
      return (await addition()).challengePasskey(context, actor);
    },
    addAccountPasskey: async ({ actor, body, resourceName }) => (await addition()).addPasskey(context, actor, body, resourceName),
    renameAccountPasskey: ({ actor, params, body }) => renamePasskey(context, actor, params.id, body.name),
    removeAccountPasskey: async ({ actor, params }) => {
      await removePasskey(context, actor, params.id);
      return { id: params.id, removed: true };
    },
  } satisfies Partial<Handlers>;
}
