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

/** Bytes of an ordinary wallet's signature; those of contract wallets are mostly longer. */
const ORDINARY_BYTES = 65;
/** How long a node may take to answer before a signature of the ordinary form is judged without it. */
const NODE_TIMEOUT_MS = 5_000;

interface Signed {
  address: Address;
  message: string;
  signature: Hex;
}

/** `wrong for an ordinary wallet`: the node is away, so that no contract at the address could be asked. */
export type SignatureVerdict = 'signed' | 'wrong' | 'wrong for an ordinary wallet';

async function probeInTime(chain: ChainReader): Promise<void> {
  const late = new AbortController();
  const timeout = sleep(NODE_TIMEOUT_MS, undefined, { signal: late.signal }).then(() => {
    throw new Error(`The node for chain ${chain.id} did not answer in time`);
  });
  await Promise.race([probe(chain), timeout]).finally(() => late.abort());
}

/**
 * Whether a wallet has signed a message (EIP-191): an ordinary one is checked offline, a contract is asked on chain
 * (ERC-1271, ERC-6492).
 * @throws Error when a contract would have to be asked and the chain cannot be
 */
export async function checkSignature(chain: ChainReader, signed: Signed): Promise<SignatureVerdict> {
  if (await verifyMessage(signed).catch(() => false)) return 'signed';
  if (size(signed.signature) <= ORDINARY_BYTES) {
    const reached = await probeInTime(chain).then(
      () => true,
      () => false,
    );
    if (!reached) return 'wrong for an ordinary wallet';
  } else await probe(chain);
  // viem's own `verifyMessage` takes a node that did not answer for a signature that is bad.
  const data = encodeDeployData({
    abi: erc6492SignatureValidatorAbi,
    args: [signed.address, hashMessage(signed.message), signed.signature],
    bytecode: erc6492SignatureValidatorByteCode,
  });
  const answer = await chain.client.call({ data }).catch((error) => {
    if (isNodeUnreachable(error)) throw error;
    return { data: undefined };
  });
  return answer.data !== undefined && /^0x0*1$/.test(answer.data) ? 'signed' : 'wrong';
}

/** @throws AppError INVALID_REQUEST when the signature is not the wallet's; Error when a contract would have to be asked and cannot be */
export async function requireSignature(chain: ChainReader, signed: Signed): Promise<void> {
  const verdict = await checkSignature(chain, signed);
  if (verdict === 'signed') return;
  const unasked = verdict === 'wrong' ? '' : '. A contract wallet cannot be checked right now: the node of its chain does not answer';
  throw new AppError('INVALID_REQUEST', `The signature is not this wallet’s over the challenge${unasked}`);
}
