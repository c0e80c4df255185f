import type { Agent } from '../../generated/prisma/client.ts';
import { readVerificationMetadata } from './verification-metadata.ts';

/** What is told of an agent's verification. */
export const verificationView = (agent: Agent) => ({
  verified: agent.verified,
  verificationType: agent.verificationType,
  attestationUid: agent.attestationUid,
  verifierAddress: agent.verifierAddress,
  verifiedAt: agent.verifiedAt?.toISOString() ?? null,
  metadata: readVerificationMetadata(agent),
});
