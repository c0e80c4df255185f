import { AppError, cloneTerms } from '@agentbot/contracts';
import type { Context } from '../../domain/context.ts';
import type { Handlers } from '../mount-routes.ts';

// Loaded on first use: these modules load slowly, and few requests need them.
const cloning = async () => ({
  ...(await import('../../domain/cloning/clone-agent.ts')),
  ...(await import('../../domain/cloning/payment-terms.ts')),
});

/** Handlers for the routes of packages/contracts/src/clone.ts. */
export function cloneHandlers(context: Context) {
  const { config } = context;
  return {
    getCloneService: async () => cloneTerms,
    cloneAgent: async ({ actor, body, requestId, header }) => {
      const { cloneAgent, paymentTerms } = await cloning();
      return cloneAgent(context, actor, body, requestId).catch((error) => {
        if (!(error instanceof AppError) || error.code !== 'PAYMENT_NOT_VERIFIED') throw error;
        const terms = paymentTerms(config);
        for (const [name, value] of Object.entries(terms.headers)) header(name, value);
        throw new AppError(error.code, error.message, { details: { ...error.details, ...terms.body } });
      });
    },
  } satisfies Partial<Handlers>;
}
