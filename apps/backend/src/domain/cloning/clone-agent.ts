import { AppError, cloneTerms, type Plan, plans, type Specialization } from '@agentbot/contracts';
import type { Address, Hex } from 'viem';
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts';
import type { Agent } from '../../generated/prisma/client.ts';
import { checkSignature } from '../../infra/chain/check-signature.ts';
import { isUniqueViolation } from '../../infra/database/database.ts';
import { readAgentConfig } from '../../infra/openclaw/agent-config.ts';
import { type Actor, userOf } from '../../shared/actor.ts';
import { randomName } from '../../shared/ids.ts';
import { sha256 } from '../../shared/sha256.ts';
import type { Account } from '../accounts/accounts.ts';
import { insertAgent } from '../agents/insert-agent.ts';
import type { Context } from '../context.ts';
import { beginProvisioning } from '../provisioning/begin-provisioning.ts';
import { inherit } from './inherit.ts';
import { type PaymentProof, parseProof, proofMessage, refuseProof, tryParseProof, verifyPayment } from './payment-proof.ts';

interface Input {
  parentAgentId: string;
  name: string;
  specialization: Specialization;
  paymentProof: object;
}

/**
 * The parent agent. The actor must own it, or its owner must have set `cloneable`; the service actor may clone any agent.
 * @throws AppError AGENT_NOT_FOUND otherwise
 */
async function findParent({ database }: Context, actor: Actor, id: string): Promise<Agent> {
  const parent = await database.as('service', (tx) => tx.agent.findUnique({ where: { id } }));
  const isOwner = actor.kind === 'service' || parent?.ownerId === userOf(actor);
  const isAllowed = parent && (isOwner || readAgentConfig(parent).cloneable === true);
  if (!isAllowed || parent.state === 'deleting') throw new AppError('AGENT_NOT_FOUND');
  return parent;
}

/**
 * The clone that the payment has already bought, for a repeated request of the same account; null for an unused payment.
 * @throws AppError PAYMENT_NOT_VERIFIED when another request used the payment
 */
async function findPurchasedClone({ database }: Context, owner: Account, proof: PaymentProof, fingerprint: string): Promise<Agent | null> {
  const where = { chainId_transactionHash: { chainId: proof.chainId, transactionHash: proof.transactionHash } };
  const { claim, agent } = await database.as('service', async (tx) => {
    const row = await tx.paymentClaim.findUnique({ where });
    return { claim: row, agent: row && (await tx.agent.findUnique({ where: { id: row.agentId } })) };
  });
  if (!claim) return null;
  if (!agent || claim.ownerId !== owner.id || claim.fingerprint !== fingerprint)
    throw refuseProof('The payment was already used for a clone');
  return agent;
}

/**
 * Requires that the account controls the paying wallet: the transaction hash alone proves nothing, because it is public.
 * @throws AppError PAYMENT_NOT_VERIFIED
 */
async function requirePayer({ database, chains }: Context, owner: Account, proof: PaymentProof): Promise<void> {
  const address = proof.from.toLowerCase() as Address;
  const linked = await database.as({ userId: owner.id }, (tx) => tx.wallet.findFirst({ where: { address, ownerId: owner.id } }));
  if (linked) return;
  const message = proofMessage(proof, owner.id);
  const signature = proof.signature as Hex | undefined;
  const { tempo } = await chains();
  if (signature && (await checkSignature(tempo, { address, message, signature })) === 'signed') return;
  const reason = signature ? 'paymentProof.signature was not made by the paying wallet' : 'The paying wallet is not linked to this account';
  throw new AppError('PAYMENT_NOT_VERIFIED', undefined, { details: { reason, messageToSign: message } });
}

/**
 * The clone's plan: the parent's plan, capped at the account's plan. An account without a plan gets `solo`, the plan that
 * the clone payment covers.
 */
function planOf(parent: Agent, { plan, admin }: Account): Plan {
  if (admin) return parent.plan;
  if (!plan) return 'solo';
  return plans[parent.plan].rank > plans[plan].rank ? plan : parent.plan;
}

/**
 * Clones an agent for a payment. One transaction writes the row, secrets, wallet, payment claim and job. The claim's unique
 * key admits one of several equal requests; the others return the clone of the first.
 * @throws AppError PROVISIONING_DISABLED, AGENT_NOT_FOUND, PAYMENT_NOT_VERIFIED with the reason; Error when the chain node
 * does not answer: the payment is then not claimed
 */
export async function cloneAgent(context: Context, actor: Actor, input: Input, requestId: string) {
  const { envelope, config, accounts, chains } = context;
  const owner = await accounts.find(userOf(actor));
  const { name, specialization } = input;
  const fingerprint = sha256(JSON.stringify([input.parentAgentId, name, specialization]));
  // A repeated request gets its clone even if the parent was deleted or provisioning was disabled since.
  const usedProof = tryParseProof(input.paymentProof);
  const purchased = usedProof && (await findPurchasedClone(context, owner, usedProof, fingerprint));
  if (purchased) return view(purchased, usedProof);

  if (!config.PROVISIONING_ENABLED) throw new AppError('PROVISIONING_DISABLED');
  const parent = await findParent(context, actor, input.parentAgentId);
  const treasury = config.CLONE_TREASURY_ADDRESS as Address | undefined;
  if (!treasury) throw refuseProof('This installation accepts no payments for clones');
  const proof = parseProof(input.paymentProof);
  await requirePayer(context, owner, proof);
  const { tempo } = await chains();
  await verifyPayment(tempo, context.clock, proof, treasury, config.TEMPO_CONFIRMATIONS);

  const id = `agent_${Date.now()}_${randomName(6)}`;
  const walletKey = generatePrivateKey();
  const inherited = await inherit(context, parent, owner.id);
  try {
    const { agent } = await beginProvisioning(context, { userId: owner.id }, { kind: 'clone', requestId }, async (tx) => {
      await tx.paymentClaim.create({
        data: {
          chainId: proof.chainId,
          transactionHash: proof.transactionHash,
          ownerId: owner.id,
          agentId: id,
          payer: proof.from.toLowerCase(),
          amount: proof.amount,
          fingerprint,
        },
      });
      // The contract sets no limit for clones: each one has its own payment.
      return insertAgent(tx, envelope, owner, Number.POSITIVE_INFINITY, {
        id,
        name,
        model: parent.model,
        aiProvider: parent.aiProvider,
        plan: planOf(parent, owner),
        config: inherited.config,
        state: 'provisioning',
        secrets: { ...inherited.secrets, walletKey },
        lineage: {
          parentId: parent.id,
          generation: parent.generation + 1,
          specialization,
          walletAddress: privateKeyToAddress(walletKey),
          skillSwitches: parent.skillSwitches ?? {},
        },
      });
    });
    return view(agent, proof);
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    const first = await findPurchasedClone(context, owner, proof, fingerprint);
    if (!first) throw error;
    return view(first, proof);
  }
}

const view = (agent: Agent, proof: PaymentProof) => ({
  success: true,
  agentId: agent.id,
  walletAddress: agent.walletAddress,
  parentAgentId: agent.parentId,
  generation: agent.generation,
  transactionHash: proof.transactionHash,
  specialization: agent.specialization,
  status: 'provisioning',
  message: `Agent "${agent.name}" cloned successfully. Wallet funded with 0 ${cloneTerms.clonePrice.split(' ')[1]}.`,
});
