import { AppError } from '@agentbot/contracts';
import {
  type Address,
  BaseError,
  ContractFunctionZeroDataError,
  ExecutionRevertedError,
  HttpRequestError,
  isAddressEqual,
  RpcRequestError,
  TimeoutError,
} from 'viem';
import { normalize } from 'viem/ens';
import { type ChainReader, probe } from '../chain/chains.ts';

/** Whether a contract refused, be it with the demand to ask off the chain: some nodes say so by a code of their own, but with its data. */
const isRevert = (error: BaseError) =>
  error.walk(
    (each) =>
      each instanceof ExecutionRevertedError ||
      (each instanceof RpcRequestError && typeof each.data === 'string' && each.data.startsWith('0x')),
  ) !== null;

const nodeFaults = [HttpRequestError, TimeoutError, RpcRequestError, ContractFunctionZeroDataError];
/** Whether the chain has said nothing: the node is away, asks for patience, or is broken, which it may also say with status 200. */
const isAway = (error: unknown) =>
  !(error instanceof BaseError) || (!isRevert(error) && error.walk((each) => nodeFaults.some((fault) => each instanceof fault)) !== null);

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
    if (isAway(error)) throw error;
    throw new AppError('INVALID_REQUEST', 'The ENS name does not resolve on chain', { cause: error });
  });
  if (!address || !isAddressEqual(address, wallet)) throw new AppError('INVALID_REQUEST', 'The ENS name does not stand for this wallet');
  return { attestationUid: null, metadata: { ensName: name } };
}
