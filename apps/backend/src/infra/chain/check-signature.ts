import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '@agentbot/contracts';
import {
  type Address,
  encodeDeployData,
  erc6492SignatureValidatorAbi,
  erc6492SignatureValidatorByteCode,
  type Hex,
  hashMessage,
  size,
} from 'viem';
import { verifyMessage } from 'viem/utils';
import { type ChainReader, probe } from './chains.ts';
import { isNodeUnreachable } from './node-unreachable.ts';

/** Size of an ordinary wallet's signature; most signatures of contract wallets are longer. */
const ORDINARY_BYTES = 65;
/** Timeout for the node; after it, a signature of ordinary size is checked offline only. */
const NODE_TIMEOUT_MS = 5_000;

interface SignedMessage {
  address: Address;
  message: string;
  signature: Hex;
}

/** `contract-unchecked`: not an ordinary wallet's signature, and the node is unreachable, so no contract could be asked. */
export type SignatureVerdict = 'signed' | 'wrong' | 'contract-unchecked';

async function probeWithTimeout(chain: ChainReader): Promise<void> {
  const settled = new AbortController();
  const timeout = sleep(NODE_TIMEOUT_MS, undefined, { signal: settled.signal }).then(() => {
    throw new Error(`The node for chain ${chain.id} did not answer within ${NODE_TIMEOUT_MS / 1000} seconds`);
  });
  await Promise.race([probe(chain), timeout]).finally(() => settled.abort());
}

/**
 * Checks whether a wallet signed a message (EIP-191): an ordinary wallet offline, a contract wallet on chain (ERC-1271,
 * ERC-6492).
 * @throws Error when the signature can only be a contract wallet's and the chain's node is unreachable
 */
export async function checkSignature(chain: ChainReader, signed: SignedMessage): Promise<SignatureVerdict> {
  if (await verifyMessage(signed).catch(() => false)) return 'signed';
  if (size(signed.signature) <= ORDINARY_BYTES) {
    const isReachable = await probeWithTimeout(chain).then(
      () => true,
      () => false,
    );
    if (!isReachable) return 'contract-unchecked';
  } else await probe(chain);
  // viem's client method `verifyMessage` is not used: it reports an unreachable node as a bad signature.
  const data = encodeDeployData({
    abi: erc6492SignatureValidatorAbi,
    args: [signed.address, hashMessage(signed.message), signed.signature],
    bytecode: erc6492SignatureValidatorByteCode,
  });
  const result = await chain.client.call({ data }).catch((error) => {
    if (isNodeUnreachable(error)) throw error;
    return { data: undefined };
  });
  return result.data !== undefined && /^0x0*1$/.test(result.data) ? 'signed' : 'wrong';
}

/**
 * Checks a wallet's signature of a challenge.
 * @throws AppError INVALID_REQUEST when the signature is not the wallet's
 * @throws Error when the signature can only be a contract wallet's and the chain's node is unreachable
 */
export async function requireSignature(chain: ChainReader, signed: SignedMessage): Promise<void> {
  const verdict = await checkSignature(chain, signed);
  if (verdict === 'signed') return;
  const hint =
    verdict === 'wrong' ? '' : '. A contract wallet cannot be checked now, because the node of its chain does not answer: try again later';
  throw new AppError('INVALID_REQUEST', `The signature does not match the wallet and the challenge${hint}`);
}
