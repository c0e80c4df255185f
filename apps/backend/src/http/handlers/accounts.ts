import { webAgentLimit } from '../../domain/accounts/accounts.ts';
import { requestPasswordReset, resetPassword } from '../../domain/accounts/password-reset.ts';
import { endSession } from '../../domain/accounts/sessions.ts';
import { createSignInThrottle } from '../../domain/accounts/sign-in-throttle.ts';
import type { Context } from '../../domain/context.ts';
import { tenantOf, userOf } from '../../shared/actor.ts';
import type { Handlers } from '../mount-routes.ts';

/** The operations of packages/contracts/src/accounts.ts. */
export function accountsHandlers(context: Context) {
  const { accounts, config, database } = context;
  const throttled = createSignInThrottle(context);
  return {
    register: async ({ body }) => {
      const { id, email } = await accounts.register(body);
      return { id, email };
    },
    verifyCredentials: async ({ body, ip, userAgent }) => {
      const { id, email, name, session } = await throttled(body.email, ip, () => accounts.signIn(body, userAgent));
      return { id, email, name, session };
    },
    signInWithProvider: async ({ body, userAgent }) => {
      const { id, email, name, session } = await accounts.signInWith(body, userAgent);
      return { id, email, name, session };
    },
    signOut: async ({ body }) => ({ id: (await endSession(database, body.session)).ownerId }),
    getSignInOptions: async () => ({ passwordReset: Boolean(config.SMTP_URL) }),
    requestPasswordReset: async ({ body }) => {
      await requestPasswordReset(context, body.email);
      return { success: true };
    },
    resetPassword: async ({ body }) => {
      await resetPassword(context, body);
      return { success: true };
    },
    getMe: async ({ actor }) => {
      const account = await accounts.find(userOf(actor));
      const { tester: _tester, emailIsTheirs: _emailIsTheirs, ...shown } = account;
      const agentCount = await database.as(tenantOf(actor), (tx) => tx.agent.count({ where: { ownerId: account.id } }));
      return { ...shown, agentLimit: webAgentLimit(account), agentCount };
    },
    grantPlan: async ({ params, body }) => {
      const { id, email, plan } = await accounts.grantPlan(params.id, body.plan);
      return { id, email, plan };
    },
  } satisfies Partial<Handlers>;
}
