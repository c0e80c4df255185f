import { AppError } from '@agentbot/contracts';

/**
 * Clones an agent against a payment proof. No treasury can be configured yet, so no payment can reach one, and every
 * proof is refused.
 * @throws AppError PAYMENT_NOT_VERIFIED
 */
export async function cloneAgent(): Promise<never> {
  throw new AppError('PAYMENT_NOT_VERIFIED');
}
