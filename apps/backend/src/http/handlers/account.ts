import { confirmOwner } from '../../domain/accounts/confirm-owner.ts';
import { getAccount } from '../../domain/accounts/get-account.ts';
import { endAccountSession, listAccountSessions } from '../../domain/accounts/sessions.ts';
import { createSignInThrottle } from '../../domain/accounts/sign-in-throttle.ts';
import { updateAccount } from '../../domain/accounts/update-account.ts';
import type { Context } from '../../domain/context.ts';
import { closeAccount } from '../../domain/offboarding/close-account.ts';
import { exportAccount } from '../../domain/offboarding/export-account.ts';
import { userOf } from '../../shared/actor.ts';
import type { Handlers } from '../mount-routes.ts';

/** Handlers for the routes of packages/contracts/src/account.ts. */
export function accountHandlers(context: Context) {
  const { accounts } = context;
  // A typed password counts like a sign-in: a session alone must not try passwords without a limit.
  const withThrottle = createSignInThrottle(context);
  return {
    getAccount: async ({ actor }) => ({ account: await getAccount(context, actor), status: 'ok' }),
    updateAccount: async ({ actor, body, ip }) => {
      const change = () => updateAccount(context, actor, body);
      if (body.password === undefined) await change();
      else await withThrottle((await accounts.find(userOf(actor))).email, ip, change);
      return { account: await getAccount(context, actor), status: 'ok' };
    },
    deleteAccount: async ({ actor, body, ip }) => {
      const { id, email } = await accounts.find(userOf(actor));
      await withThrottle(email, ip, () => confirmOwner(context, id, body, 'delete it'));
      return { id, state: await closeAccount(context, id) };
    },
    exportAccount: ({ actor }) => exportAccount(context, actor),
    listAccountSessions: async ({ actor }) => ({ sessions: await listAccountSessions(context, actor), status: 'ok' }),
    endAccountSession: async ({ actor, params }) => {
      await endAccountSession(context, actor, params.id);
      return { id: params.id, ended: true };
    },
  } satisfies Partial<Handlers>;
}
