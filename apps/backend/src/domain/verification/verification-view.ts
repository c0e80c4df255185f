import type { Agent } from '../../generated/prisma/client.ts';
import { readVerificationMetadata } from './verification-metadata.ts';

/** The verification of an agent in responses. */
export const verificationView = (agent: Agent) => ({
  verified: agent.verified,
  verificationType: agent.verificationType,
  attestationUid: agent.attestationUid,
  verifierAddress: agent.verifierAddress,
  verifiedAt: agent.verifiedAt?.toISOString() ?? null,
  metadata: readVerificationMetadata(agent),
});
