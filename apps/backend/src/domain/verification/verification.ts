import { AppError } from '@agentbot/contracts';
import { type Agent, Prisma } from '../../generated/prisma/client.ts';
import type { Transaction } from '../../infra/database/database.ts';
import { type Actor, isTrusted, tenantOf } from '../../shared/actor.ts';
import { consumeChallenge } from '../accounts/challenges.ts';
import { lockAccount } from '../accounts/grants.ts';
import { getAgent } from '../agents/agents.ts';
import type { Context } from '../context.ts';
import type { WalletType } from './check-claim.ts';
import { challengePasskey, provePasskey } from './passkey.ts';
import { metadataColumn } from './verification-metadata.ts';
import { challengeWallet, proveWallet } from './wallet-proof.ts';

type Change = Prisma.AgentUpdateManyMutationInput;

interface ChallengeRequest {
  verificationType: WalletType | 'webauthn';
  attestationUid?: string | undefined;
  walletAddress?: string | undefined;
  metadata?: Record<string, unknown> | undefined;
}
interface Claim extends ChallengeRequest {
  signature?: string | undefined;
  credential?: object | undefined;
  verified?: boolean | undefined;
  verifierAddress?: string | undefined;
}

async function updateAgentRow(tx: Transaction, id: string, data: Change): Promise<Agent> {
  const { count } = await tx.agent.updateMany({ where: { id }, data });
  if (count === 0) throw new AppError('AGENT_NOT_FOUND');
  return tx.agent.findUniqueOrThrow({ where: { id } });
}

/** Creates the challenge that the owner signs to verify an agent. @throws AppError AGENT_NOT_FOUND, INVALID_REQUEST */
export async function createVerificationChallenge(
  context: Context,
  actor: Actor,
  id: string,
  request: ChallengeRequest & { newPasskey?: boolean | undefined },
) {
  const { verificationType } = request;
  const agent = await getAgent(context, actor, id);
  const challenge =
    verificationType === 'webauthn'
      ? { message: null, ...(await challengePasskey(context, agent, request.newPasskey)) }
      : { options: null, call: null, ...(await challengeWallet(context, agent, verificationType, request)) };
  return { verificationType, ...challenge, expiresAt: challenge.expiresAt.toISOString() };
}

async function prove(context: Context, agent: Agent, claim: Claim) {
  if (claim.verificationType === 'webauthn') return provePasskey(context, agent, claim.credential);
  return { store: undefined, ...(await proveWallet(context, agent, claim.verificationType, claim)) };
}

/**
 * Verifies an agent. `verified` of a trusted actor (the internal key) is stored unchecked. Every other claim is checked, and
 * its challenge is consumed in the same transaction as the change.
 * @throws AppError AGENT_NOT_FOUND, INVALID_REQUEST with the reason; Error when a chain node does not answer
 */
export async function verifyAgent(context: Context, actor: Actor, id: string, claim: Claim): Promise<Agent> {
  const { database, clock } = context;
  const { verificationType } = claim;
  const agent = await getAgent(context, actor, id);
  if (isTrusted(actor) && claim.verified !== undefined) {
    const data = {
      verified: claim.verified,
      verificationType,
      attestationUid: claim.attestationUid ?? null,
      verifierAddress: claim.verifierAddress ?? claim.walletAddress ?? null,
      verificationMetadata: claim.metadata ? metadataColumn(claim.metadata) : Prisma.DbNull,
      verifiedAt: claim.verified ? clock.now() : null,
      verificationCheckedAt: null,
    };
    return database.as(tenantOf(actor), (tx) => updateAgentRow(tx, id, data));
  }
  const { challenge, proven, store } = await prove(context, agent, claim);
  const now = clock.now();
  return database.as(tenantOf(actor), async (tx) => {
    await lockAccount(tx, clock, actor);
    await consumeChallenge(tx, clock, challenge);
    await store?.(tx);
    return updateAgentRow(tx, id, {
      verified: true,
      verificationType,
      attestationUid: proven.attestationUid,
      verifierAddress: proven.verifierAddress,
      verificationMetadata: proven.metadata,
      verifiedAt: now,
      verificationCheckedAt: verificationType === 'webauthn' ? null : now,
    });
  });
}

/** Removes an agent's verification. @throws AppError AGENT_NOT_FOUND */
export async function removeVerification({ database }: Pick<Context, 'database'>, actor: Actor, id: string): Promise<void> {
  await database.as(tenantOf(actor), (tx) =>
    updateAgentRow(tx, id, {
      verified: false,
      verificationType: null,
      attestationUid: null,
      verifierAddress: null,
      verificationMetadata: Prisma.DbNull,
      verifiedAt: null,
      verificationCheckedAt: null,
    }),
  );
}
