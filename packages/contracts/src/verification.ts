import { z } from 'zod';
import { agentParams } from './agents.ts';
import { defineRoute } from './define-route.ts';

const timestamp = z.iso.datetime();
export const verificationTypeSchema = z.enum(['eas', 'coinbase', 'ens', 'webauthn'], {
  error: 'Invalid verificationType: use eas, coinbase, ens or webauthn',
});

const status = z.strictObject({
  verified: z.boolean(),
  verificationType: z.string().nullable(),
  attestationUid: z.string().nullable(),
  verifierAddress: z.string().nullable(),
  verifiedAt: timestamp.nullable(),
  metadata: z.record(z.string(), z.unknown()).nullable(),
});
export const getVerification = defineRoute({
  id: 'getVerification',
  summary: 'How an agent is verified',
  method: 'GET',
  auth: 'caller',
  params: agentParams,
  status: 200,
  failure: 'Failed to fetch verification',
  errors: ['UNAUTHORIZED', 'AGENT_NOT_FOUND'],
  backend: { path: '/api/agents/:id/verification', response: status },
  web: { path: '/api/agents/:id/verify', response: status },
});

const verified = z.strictObject({
  success: z.literal(true),
  verified: z.boolean(),
  verificationType: z.string(),
  attestationUid: z.string().nullable(),
  verifiedAt: timestamp.nullable(),
});
export const verifyAgent = defineRoute({
  id: 'verifyAgent',
  summary: 'Verify an agent; `verified`, `verifierAddress` and `metadata` are believed from the internal key alone',
  method: 'POST',
  auth: 'caller',
  params: agentParams,
  body: z.object({
    verificationType: verificationTypeSchema,
    attestationUid: z.string().max(200).optional(),
    walletAddress: z.string().max(200).optional(),
    signature: z.string().max(20_000).optional(),
    verified: z.boolean().optional(),
    verifierAddress: z.string().max(200).optional(),
    metadata: z.record(z.string().max(100), z.unknown()).optional(),
  }),
  status: 200,
  failure: 'Failed to update verification',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'AGENT_NOT_FOUND'],
  backend: { path: '/api/agents/:id/verify', response: verified },
  web: { path: '/api/agents/:id/verify', response: verified },
});

const removed = z.strictObject({ success: z.literal(true) });
export const removeVerification = defineRoute({
  id: 'removeVerification',
  summary: "Remove an agent's verification",
  method: 'DELETE',
  auth: 'caller',
  params: agentParams,
  status: 200,
  failure: 'Failed to update verification',
  errors: ['UNAUTHORIZED', 'AGENT_NOT_FOUND'],
  backend: { path: '/api/agents/:id/verify', response: removed },
  web: { path: '/api/agents/:id/verify', response: removed },
});
