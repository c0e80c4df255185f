import { AppError } from '@agentbot/contracts';
import { type Address, getAddress, type Hex } from 'viem';
import type { Agent, Challenge } from '../../generated/prisma/client.ts';
import { requireSignature } from '../../infra/chain/check-signature.ts';
import { openChallenge, storeChallenge } from '../accounts/challenges.ts';
import type { Context } from '../context.ts';
import { chainOf, checkClaim, type WalletClaim, type WalletType } from './check-claim.ts';
import { normalName } from './ens-name.ts';
import { signInMessage } from './sign-in-message.ts';

interface ProofRequest {
  walletAddress?: string | undefined;
  attestationUid?: string | undefined;
  signature?: string | undefined;
  metadata?: Record<string, unknown> | undefined;
}

function walletOf({ walletAddress }: ProofRequest): Address {
  if (!walletAddress) throw new AppError('INVALID_REQUEST', 'walletAddress is required');
  return getAddress(walletAddress);
}

const keyOf = (agent: Agent, type: WalletType, wallet: Address) => ({
  ownerId: agent.ownerId,
  purpose: `verify:${agent.id}`,
  subject: `${type}:${wallet.toLowerCase()}`,
});

/**
 * Creates the message that a wallet signs to verify an agent. The message names the attestation or the ENS name to check.
 * @throws AppError INVALID_REQUEST
 */
export async function challengeWallet(context: Context, agent: Agent, type: WalletType, request: ProofRequest) {
  const wallet = walletOf(request);
  const chain = await chainOf(context, type);
  const ensName = type === 'ens' ? normalName(request.metadata?.ensName) : undefined;
  const attestationUid = request.attestationUid?.toLowerCase();
  if (attestationUid && !/^0x[0-9a-f]{64}$/.test(attestationUid)) throw new AppError('INVALID_REQUEST', 'Invalid attestationUid');
  const { message, expiresAt } = signInMessage(context, {
    address: wallet,
    chainId: chain.id,
    statement: 'Verify my agent with this wallet.',
    resources: [
      `urn:agentbot:agent:${agent.id}`,
      ...(attestationUid ? [`urn:eas:${chain.id}:${attestationUid}`] : []),
      ...(ensName ? [`urn:ens:${encodeURIComponent(ensName)}`] : []),
    ],
  });
  const data = { ...(attestationUid && { attestationUid }), ...(ensName && { ensName }) };
  await storeChallenge(context, keyOf(agent, type, wallet), message, expiresAt, data);
  return { message, expiresAt };
}

/**
 * Checks the wallet's signature, then the claim on chain. The claim comes from the signed challenge, not from the request.
 * @throws AppError INVALID_REQUEST with the reason; Error when the chain node does not answer
 */
export async function proveWallet(context: Context, agent: Agent, type: WalletType, request: ProofRequest) {
  const chain = await chainOf(context, type);
  const wallet = walletOf(request);
  const { signature } = request;
  if (!signature) throw new AppError('INVALID_REQUEST', 'signature is required');
  const challenge: Challenge = await openChallenge(context, keyOf(agent, type, wallet));
  const signedClaim = challenge.data as Pick<WalletClaim, 'attestationUid' | 'ensName'>;
  if (request.attestationUid && request.attestationUid.toLowerCase() !== signedClaim.attestationUid) {
    throw new AppError('INVALID_REQUEST', 'The challenge was made for another attestation');
  }
  await requireSignature(chain, { address: wallet, message: challenge.text, signature: signature as Hex });
  const proven = await checkClaim(context, { verificationType: type, wallet, ...signedClaim });
  return { challenge, proven: { ...proven, verifierAddress: wallet as string | null } };
}
