import { getAgent } from '../../domain/agents/agents.ts';
import type { Context } from '../../domain/context.ts';
import { verificationView } from '../../domain/verification/verification-view.ts';
import type { Handlers } from '../mount-routes.ts';

// Loaded on first use: these modules load slowly, and few requests need them.
const verification = () => import('../../domain/verification/verification.ts');

/** Handlers for the routes of packages/contracts/src/verification.ts. */
export function verificationHandlers(context: Context) {
  return {
    getVerification: async ({ actor, params }) => verificationView(await getAgent(context, actor, params.id)),
    createVerificationChallenge: async ({ actor, params, body }) =>
      (await verification()).createVerificationChallenge(context, actor, params.id, body),
    verifyAgent: async ({ actor, params, body }) => {
      const agent = await (await verification()).verifyAgent(context, actor, params.id, body);
      const { verified, verificationType, attestationUid, verifiedAt } = verificationView(agent);
      return { success: true, verified, verificationType, attestationUid, verifiedAt };
    },
    removeVerification: async ({ actor, params }) => {
      await (await verification()).removeVerification(context, actor, params.id);
      return { success: true };
    },
  } satisfies Partial<Handlers>;
}
