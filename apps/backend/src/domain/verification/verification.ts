import { AppError } from '@agentbot/contracts';
import { type Agent, Prisma } from '../../generated/prisma/client.ts';
import type { Transaction } from '../../infra/database/database.ts';
import { type Actor, isTrusted, tenantOf } from '../../shared/actor.ts';
import { lockAccount } from '../accounts/grants.ts';
import { getAgent } from '../agents/agents.ts';
import type { Context } from '../context.ts';
import { consumeChallenge } from './challenges.ts';
import type { WalletType } from './check-claim.ts';
import { challengePasskey, provePasskey } from './passkey.ts';
import { metadataColumn } from './verification-metadata.ts';
import { challengeWallet, proveWallet } from './wallet-proof.ts';

type Change = Prisma.AgentUpdateManyMutationInput;

interface Asked {
  verificationType: WalletType | 'webauthn';
  attestationUid?: string | undefined;
  walletAddress?: string | undefined;
  metadata?: Record<string, unknown> | undefined;
}
interface Claim extends Asked {
  signature?: string | undefined;
  credential?: object | undefined;
  verified?: boolean | undefined;
  verifierAddress?: string | undefined;
}

async function change(tx: Transaction, id: string, data: Change): Promise<Agent> {
  const { count } = await tx.agent.updateMany({ where: { id }, data });
  if (count === 0) throw new AppError('AGENT_NOT_FOUND');
  return tx.agent.findUniqueOrThrow({ where: { id } });
}

/** What is to be signed to verify an agent. @throws AppError AGENT_NOT_FOUND, INVALID_REQUEST */
export async function createVerificationChallenge(
  context: Context,
  actor: Actor,
  id: string,
  asked: Asked & { newPasskey?: boolean | undefined },
) {
  const { verificationType } = asked;
  const agent = await getAgent(context, actor, id);
  const challenge =
    verificationType === 'webauthn'
      ? { message: null, ...(await challengePasskey(context, agent, asked.newPasskey)) }
      : { options: null, call: null, ...(await challengeWallet(context, agent, verificationType, asked)) };
  return { verificationType, ...challenge, expiresAt: challenge.expiresAt.toISOString() };
}

async function prove(context: Context, agent: Agent, claim: Claim) {
  if (claim.verificationType === 'webauthn') return provePasskey(context, agent, claim.credential);
  return { store: undefined, ...(await proveWallet(context, agent, claim.verificationType, claim)) };
}

/**
 * Verifies an agent. What the internal key says is taken as it is; anybody else's word is checked, and the challenge is
 * used up with the change.
 * @throws AppError AGENT_NOT_FOUND, INVALID_REQUEST with the reason it does not hold; Error when a chain cannot be asked
 */
export async function verifyAgent(context: Context, actor: Actor, id: string, claim: Claim): Promise<Agent> {
  const { database } = context;
  const { verificationType } = claim;
  const agent = await getAgent(context, actor, id);
  if (isTrusted(actor) && claim.verified !== undefined) {
    const data = {
      verified: claim.verified,
      verificationType,
      attestationUid: claim.attestationUid ?? null,
      verifierAddress: claim.verifierAddress ?? claim.walletAddress ?? null,
      verificationMetadata: claim.metadata ? metadataColumn(claim.metadata) : Prisma.DbNull,
      verifiedAt: claim.verified ? new Date() : null,
      verificationCheckedAt: null,
    };
    return database.as(tenantOf(actor), (tx) => change(tx, id, data));
  }
  const { challenge, proven, store } = await prove(context, agent, claim);
  const now = new Date();
  return database.as(tenantOf(actor), async (tx) => {
    await lockAccount(tx, actor);
    await consumeChallenge(tx, challenge);
    await store?.(tx);
    return change(tx, id, {
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

/** Takes an agent's verification away. @throws AppError AGENT_NOT_FOUND */
export async function removeVerification({ database }: Pick<Context, 'database'>, actor: Actor, id: string): Promise<void> {
  await database.as(tenantOf(actor), (tx) =>
    change(tx, id, {
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
