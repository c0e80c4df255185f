import { z } from 'zod';
import { agentIdSchema, nameSchema } from './agents.ts';
import { defineRoute } from './define-route.ts';

/** The price of a clone and the chain of the payment. */
export const cloneTerms = {
  service: 'agentbot-clone',
  version: '0.1.0',
  protocol: 'x402-tempo',
  clonePrice: '1.0 pathUSD',
  chainId: 4217,
} as const;

const terms = z.strictObject({
  service: z.literal(cloneTerms.service),
  version: z.literal(cloneTerms.version),
  protocol: z.literal(cloneTerms.protocol),
  clonePrice: z.literal(cloneTerms.clonePrice),
  chainId: z.literal(cloneTerms.chainId),
});
export const getCloneService = defineRoute({
  id: 'getCloneService',
  summary: 'The price of a clone and the chain of the payment',
  method: 'GET',
  auth: 'public',
  status: 200,
  failure: 'Failed to fetch clone service',
  errors: [],
  backend: { path: '/api/agents/clone', response: terms },
  web: { path: '/api/agents/clone', response: terms },
});

const missing = 'Missing required fields: parentAgentId, name, or paymentProof';
const specialization = z.enum(['general', 'ar', 'promo', 'booking', 'support', 'analytics'], { error: 'Invalid specialization' });
export type Specialization = z.infer<typeof specialization>;
const cloned = z.strictObject({
  success: z.literal(true),
  agentId: z.string(),
  walletAddress: z.string(),
  parentAgentId: z.string(),
  generation: z.int(),
  transactionHash: z.string(),
  specialization,
  status: z.literal('provisioning'),
  message: z.string(),
});
export const cloneAgent = defineRoute({
  id: 'cloneAgent',
  summary:
    'Clone an agent of the caller or a cloneable agent, for a payment on the Tempo chain from a wallet that is linked to the account or has signed the proof',
  method: 'POST',
  auth: 'caller',
  body: z.object({
    parentAgentId: z.string({ error: missing }).min(1, { error: missing }).pipe(agentIdSchema),
    name: z.string({ error: missing }).trim().min(1, { error: missing }).pipe(nameSchema),
    specialization: specialization.default('general'),
    // Invalid fields of the proof are a payment error (402), not an invalid request (400).
    paymentProof: z.looseObject({}, { error: missing }),
    generation: z.number().optional(),
  }),
  status: 200,
  failure: 'Clone failed',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'PAYMENT_NOT_VERIFIED', 'AGENT_NOT_FOUND', 'PROVISIONING_DISABLED'],
  backend: { path: '/api/agents/clone', response: cloned },
  web: { path: '/api/agents/clone', response: cloned },
  timeoutMs: 60_000,
});
