import { getMe } from '../../domain/accounts/get-me.ts';
import { requestPasswordReset, resetPassword } from '../../domain/accounts/password-reset.ts';
import { endSession } from '../../domain/accounts/sessions.ts';
import { createSignInThrottle } from '../../domain/accounts/sign-in-throttle.ts';
import type { Context } from '../../domain/context.ts';
import type { Handlers } from '../mount-routes.ts';

/** Handlers for the routes of packages/contracts/src/accounts.ts. */
export function accountsHandlers(context: Context) {
  const { accounts, config } = context;
  const withThrottle = createSignInThrottle(context);
  return {
    register: async ({ body }) => {
      const { id, email } = await accounts.register(body);
      return { id, email };
    },
    verifyCredentials: async ({ body, ip, userAgent }) => {
      const { id, email, name, session } = await withThrottle(body.email, ip, () => accounts.signIn(body, userAgent));
      return { id, email, name, session };
    },
    signInWithProvider: async ({ body, userAgent }) => {
      const { id, email, name, session } = await accounts.signInWith(body, userAgent);
      return { id, email, name, session };
    },
    signOut: async ({ body }) => ({ id: (await endSession(context, body.session)).ownerId }),
    getSignInOptions: async () => ({
      signUp: await accounts.isSignUpOpen(),
      passwordReset: Boolean(config.SMTP_URL),
      supportContact: config.SUPPORT_CONTACT ?? null,
    }),
    requestPasswordReset: async ({ body }) => {
      await requestPasswordReset(context, body.email);
      return { success: true };
    },
    resetPassword: async ({ body }) => {
      await resetPassword(context, body);
      return { success: true };
    },
    getMe: ({ actor }) => getMe(context, actor),
    grantPlan: async ({ params, body }) => {
      const { id, email, plan } = await accounts.grantPlan(params.id, body.plan);
      return { id, email, plan };
    },
  } satisfies Partial<Handlers>;
}
