import { AppError } from '@agentbot/contracts';
import { getAgent } from '../agents/agents.ts';
import type { Context } from '../context.ts';
import { type Agent, Prisma } from '../generated/prisma/client.ts';
import { type Actor, isTrusted, tenantOf } from '../http/actor.ts';

type Slice = Pick<Context, 'database'>;

interface Claim {
  verificationType: string;
  attestationUid?: string | undefined;
  walletAddress?: string | undefined;
  verified?: boolean | undefined;
  verifierAddress?: string | undefined;
  metadata?: Record<string, unknown> | undefined;
}

async function change({ database }: Slice, actor: Actor, id: string, data: Prisma.AgentUpdateManyMutationInput): Promise<Agent> {
  return database.as(tenantOf(actor), async (tx) => {
    const { count } = await tx.agent.updateMany({ where: { id }, data });
    if (count === 0) throw new AppError('AGENT_NOT_FOUND');
    return tx.agent.findUniqueOrThrow({ where: { id } });
  });
}

export const verificationView = (agent: Agent) => ({
  verified: agent.verified,
  verificationType: agent.verificationType,
  attestationUid: agent.attestationUid,
  verifierAddress: agent.verifierAddress,
  verifiedAt: agent.verifiedAt?.toISOString() ?? null,
  metadata: agent.verificationMetadata as Record<string, unknown> | null,
});

/**
 * Verifies an agent. What the internal key says is taken as it is; nobody else's word is, and no type can be checked on
 * this installation yet.
 * @throws AppError AGENT_NOT_FOUND, INVALID_REQUEST when the type cannot be checked
 */
export async function verifyAgent(context: Slice, actor: Actor, id: string, claim: Claim): Promise<Agent> {
  await getAgent(context, actor, id);
  if (!isTrusted(actor) || claim.verified === undefined) {
    throw new AppError('INVALID_REQUEST', `Verification of type ${claim.verificationType} is not supported on this installation`);
  }
  return change(context, actor, id, {
    verified: claim.verified,
    verificationType: claim.verificationType,
    attestationUid: claim.attestationUid ?? null,
    verifierAddress: claim.verifierAddress ?? claim.walletAddress ?? null,
    verificationMetadata: (claim.metadata as Prisma.InputJsonObject | undefined) ?? Prisma.DbNull,
    verifiedAt: claim.verified ? new Date() : null,
  });
}

/** Takes an agent's verification away. @throws AppError AGENT_NOT_FOUND */
export async function removeVerification(context: Slice, actor: Actor, id: string): Promise<void> {
  await change(context, actor, id, {
    verified: false,
    verificationType: null,
    attestationUid: null,
    verifierAddress: null,
    verificationMetadata: Prisma.DbNull,
    verifiedAt: null,
  });
}
