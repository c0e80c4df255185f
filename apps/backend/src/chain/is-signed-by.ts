import type { Address, Hex } from 'viem';
import { verifyMessage } from 'viem/utils';
import { type ChainReader, probe } from './chains.ts';

interface Signed {
  address: Address;
  message: string;
  signature: Hex;
}

/**
 * Whether a wallet has signed a message (EIP-191): an ordinary one is checked offline, a contract is asked on chain
 * (ERC-1271, ERC-6492).
 * @throws Error when the chain would have to be asked and cannot be
 */
export async function isSignedBy(chain: ChainReader, signed: Signed): Promise<boolean> {
  if (await verifyMessage(signed).catch(() => false)) return true;
  // To viem a signature that a dead node was asked about is a bad one.
  await probe(chain);
  return chain.client.verifyMessage(signed);
}
