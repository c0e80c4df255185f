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
import { type PaymentProof, proofIn, proofMessage, readProof, refuseProof, verifyPayment } from './payment-proof.ts';

interface Input {
  parentAgentId: string;
  name: string;
  specialization: Specialization;
  paymentProof: object;
}

/** The parent: the actor's own, or one whose owner lets it be cloned; the platform may take any. @throws AppError AGENT_NOT_FOUND for any other */
async function findParent({ database }: Context, actor: Actor, id: string): Promise<Agent> {
  const parent = await database.as('service', (tx) => tx.agent.findUnique({ where: { id } }));
  const own = actor.kind === 'service' || parent?.ownerId === userOf(actor);
  const open = parent && (own || readAgentConfig(parent).cloneable === true);
  if (!open || parent.state === 'deleting') throw new AppError('AGENT_NOT_FOUND');
  return parent;
}

/** The clone that a payment has bought already, to the same account for the same request. @throws AppError PAYMENT_NOT_VERIFIED for any other */
async function boughtBefore({ database }: Context, owner: Account, proof: PaymentProof, fingerprint: string): Promise<Agent | null> {
  const where = { chainId_transactionHash: { chainId: proof.chainId, transactionHash: proof.transactionHash } };
  const { claim, agent } = await database.as('service', async (tx) => {
    const found = await tx.paymentClaim.findUnique({ where });
    return { claim: found, agent: found && (await tx.agent.findUnique({ where: { id: found.agentId } })) };
  });
  if (!claim) return null;
  if (!agent || claim.ownerId !== owner.id || claim.fingerprint !== fingerprint) throw refuseProof('The payment was used already');
  return agent;
}

/** A payment is its payer's: anybody can read its hash off the chain. @throws AppError PAYMENT_NOT_VERIFIED */
async function requirePayer({ database, chains }: Context, owner: Account, proof: PaymentProof): Promise<void> {
  const address = proof.from.toLowerCase() as Address;
  const linked = await database.as({ userId: owner.id }, (tx) => tx.wallet.findFirst({ where: { address, ownerId: owner.id } }));
  if (linked) return;
  const message = proofMessage(proof, owner.id);
  const signature = proof.signature as Hex | undefined;
  const { tempo } = await chains();
  if (signature && (await checkSignature(tempo, { address, message, signature })) === 'signed') return;
  const reason = signature ? 'paymentProof.signature is not that of the paying wallet' : 'The paying wallet is not linked to this account';
  throw new AppError('PAYMENT_NOT_VERIFIED', undefined, { details: { reason, messageToSign: message } });
}

/** The parent's plan as far as the account's covers it; the smallest for an account without one: it has paid for this agent alone. */
function planOf(parent: Agent, { plan, admin }: Account): Plan {
  if (admin) return parent.plan;
  if (!plan) return 'solo';
  return plans[parent.plan].rank > plans[plan].rank ? plan : parent.plan;
}

/**
 * Clones an agent against a payment. Row, secrets, wallet, the payment's claim and the job are one transaction; the
 * claim's unique key lets one of many equal requests through, and the others get what it made.
 * @throws AppError PROVISIONING_DISABLED, AGENT_NOT_FOUND, PAYMENT_NOT_VERIFIED with the reason; Error when the chain
 * cannot be asked, and then nothing is claimed
 */
export async function cloneAgent(context: Context, actor: Actor, input: Input, requestId: string) {
  const { envelope, config, accounts, chains } = context;
  const owner = await accounts.find(userOf(actor));
  const { name, specialization } = input;
  const fingerprint = sha256(JSON.stringify([input.parentAgentId, name, specialization]));
  // What was paid for is answered the same again, whatever has become of the parent or of provisioning since.
  const paid = proofIn(input.paymentProof);
  const before = paid && (await boughtBefore(context, owner, paid, fingerprint));
  if (before) return view(before, paid);

  if (!config.PROVISIONING_ENABLED) throw new AppError('PROVISIONING_DISABLED');
  const parent = await findParent(context, actor, input.parentAgentId);
  const treasury = config.CLONE_TREASURY_ADDRESS as Address | undefined;
  if (!treasury) throw refuseProof('This installation takes no payments');
  const proof = readProof(input.paymentProof);
  await requirePayer(context, owner, proof);
  const { tempo } = await chains();
  await verifyPayment(tempo, proof, treasury, config.TEMPO_CONFIRMATIONS);

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
      // The contract names no limit for clones: each is paid for by itself.
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
    const first = await boughtBefore(context, owner, proof, fingerprint);
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
