import { z } from 'zod';
import { agentParams } from './agents.ts';
import { defineRoute } from './define-route.ts';
import { signatureSchema, walletAddressSchema } from './wallets.ts';

const timestamp = z.iso.datetime();
export const verificationTypeSchema = z.enum(['eas', 'coinbase', 'ens', 'webauthn'], {
  error: 'Invalid verificationType: use eas, coinbase, ens or webauthn',
});
export type VerificationType = z.infer<typeof verificationTypeSchema>;

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
  summary: 'The verification of an agent',
  method: 'GET',
  auth: 'caller',
  params: agentParams,
  status: 200,
  failure: 'Failed to fetch verification',
  errors: ['UNAUTHORIZED', 'AGENT_NOT_FOUND'],
  backend: { path: '/api/agents/:id/verification', response: status },
  web: { path: '/api/agents/:id/verify', response: status },
});

const attestationUid = z.string().max(200, { error: 'Invalid attestationUid' });
const metadata = z.record(z.string().max(100), z.unknown());
const challenge = z.strictObject({
  verificationType: verificationTypeSchema,
  /** The message for the wallet to sign (EIP-4361); null for a passkey. */
  message: z.string().nullable(),
  /** The options of the browser's `navigator.credentials.create` or `.get`; null for a wallet. */
  options: z.record(z.string(), z.unknown()).nullable(),
  call: z.enum(['create', 'get']).nullable(),
  expiresAt: timestamp,
});
export const createVerificationChallenge = defineRoute({
  id: 'createVerificationChallenge',
  summary:
    'A challenge to verify an agent, valid for ten minutes. A wallet (eas, coinbase; ens with metadata.ensName) or a passkey signs it; the first passkey is registered with it',
  method: 'POST',
  auth: 'caller',
  params: agentParams,
  body: z.object({
    verificationType: verificationTypeSchema,
    walletAddress: walletAddressSchema.optional(),
    attestationUid: attestationUid.optional(),
    metadata: metadata.optional(),
    /** Registers an additional passkey. */
    newPasskey: z.boolean().optional(),
  }),
  status: 200,
  failure: 'Failed to create a challenge',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'AGENT_NOT_FOUND'],
  backend: { path: '/api/agents/:id/verify/challenge', response: challenge },
  web: { path: '/api/agents/:id/verify/challenge', response: challenge },
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
  summary:
    'Verify an agent with the wallet’s signature or the passkey’s `credential` for its challenge; `verified`, `verifierAddress` and `metadata` are accepted from the internal key only',
  method: 'POST',
  auth: 'caller',
  params: agentParams,
  body: z.object({
    verificationType: verificationTypeSchema,
    attestationUid: attestationUid.optional(),
    walletAddress: walletAddressSchema.optional(),
    signature: signatureSchema.optional(),
    credential: z.looseObject({ id: z.string().max(2_000) }, { error: 'Invalid credential' }).optional(),
    verified: z.boolean().optional(),
    verifierAddress: z.string().max(200).optional(),
    metadata: metadata.optional(),
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
