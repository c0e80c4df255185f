import {
  createResetLink,
  createUser,
  requireOther,
  setUserBlocked,
  setUserRole,
  withdrawPlan,
} from '../../domain/accounts/user-administration.ts';
import type { Context } from '../../domain/context.ts';
import { closeAccount } from '../../domain/offboarding/close-account.ts';
import { applySubscription } from '../../workers/suspensions.ts';
import type { Handlers } from '../mount-routes.ts';

/** Handlers for the routes of packages/contracts/src/admin-users.ts. */
export function adminUsersHandlers(context: Context) {
  /** Stops or starts the user's agents. Maintenance does it too, so a failure only delays it. */
  const applyToAgents = (id: string) =>
    context.background(
      applySubscription(context, id).catch((error) =>
        context.log.warn({ err: error, userId: id }, 'the agents of a user could not be suspended or resumed yet; maintenance retries'),
      ),
    );
  return {
    createUser: ({ body }) => createUser(context, body),
    withdrawPlan: async ({ params }) => {
      const { id, email } = await withdrawPlan(context, params.id);
      applyToAgents(id);
      return { id, email, plan: null };
    },
    setUserRole: async ({ params, body }) => {
      const { id, email, isAdmin } = await setUserRole(context, params.id, body.admin);
      return { id, email, admin: isAdmin };
    },
    setUserBlocked: async ({ actor, params, body }) => {
      if (body.blocked) requireOther(actor, params.id, 'You cannot block your own account');
      const { id, email, blockedAt } = await setUserBlocked(context, params.id, body.blocked);
      applyToAgents(id);
      return { id, email, blocked: blockedAt !== null };
    },
    deleteUser: async ({ actor, params }) => {
      requireOther(actor, params.id, 'Delete your own account on its page');
      return { id: params.id, state: await closeAccount(context, params.id) };
    },
    createResetLink: ({ params }) => createResetLink(context, params.id),
  } satisfies Partial<Handlers>;
}
