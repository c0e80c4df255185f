import { AppError } from '@agentbot/contracts';
import { type Address, isAddressEqual } from 'viem';
import { normalize } from 'viem/ens';
import { type ChainReader, probe } from '../../infra/chain/chains.ts';
import { isNodeUnreachable } from '../../infra/chain/node-unreachable.ts';

/** A name in its normal form (ENSIP-15). @throws AppError INVALID_REQUEST */
export function normalName(given: unknown): string {
  if (typeof given !== 'string' || !given.includes('.') || given.length > 255) {
    throw new AppError('INVALID_REQUEST', 'metadata.ensName is required');
  }
  try {
    return normalize(given);
  } catch (cause) {
    throw new AppError('INVALID_REQUEST', 'Invalid ENS name', { cause });
  }
}

/**
 * Makes sure that a name stands for a wallet. What the name's owner points to outside the chain is not fetched.
 * @throws AppError INVALID_REQUEST when it does not
 */
export async function checkEnsName(chain: ChainReader, wallet: Address, name: string) {
  await probe(chain);
  const address = await chain.client.getEnsAddress({ name, strict: true }).catch((error) => {
    if (isNodeUnreachable(error)) throw error;
    throw new AppError('INVALID_REQUEST', 'The ENS name does not resolve on chain', { cause: error });
  });
  if (!address || !isAddressEqual(address, wallet)) throw new AppError('INVALID_REQUEST', 'The ENS name does not stand for this wallet');
  return { attestationUid: null, metadata: { ensName: name } };
}
