import { AppError } from '@agentbot/contracts';
import { type Address, isAddressEqual } from 'viem';
import { normalize } from 'viem/ens';
import { type ChainReader, probe } from '../../infra/chain/chains.ts';
import { isNodeUnreachable } from '../../infra/chain/node-unreachable.ts';

/** Normalizes an ENS name (ENSIP-15). @throws AppError INVALID_REQUEST */
export function normalName(input: unknown): string {
  if (typeof input !== 'string' || !input.includes('.') || input.length > 255) {
    throw new AppError('INVALID_REQUEST', 'metadata.ensName is required');
  }
  try {
    return normalize(input);
  } catch (cause) {
    throw new AppError('INVALID_REQUEST', 'Invalid ENS name', { cause });
  }
}

/**
 * Checks that a name resolves to a wallet on chain. Off-chain gateways (CCIP-Read) are not followed: the name's owner chooses
 * their URLs.
 * @throws AppError INVALID_REQUEST when it does not; Error when the chain node does not answer
 */
export async function checkEnsName(chain: ChainReader, wallet: Address, name: string) {
  await probe(chain);
  const address = await chain.client.getEnsAddress({ name, strict: true }).catch((error) => {
    if (isNodeUnreachable(error)) throw error;
    throw new AppError('INVALID_REQUEST', 'The ENS name does not resolve on chain', { cause: error });
  });
  if (!address || !isAddressEqual(address, wallet)) throw new AppError('INVALID_REQUEST', 'The ENS name does not resolve to this wallet');
  return { attestationUid: null, metadata: { ensName: name } };
}
