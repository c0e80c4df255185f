import {
  type Address,
  encodeDeployData,
  erc6492SignatureValidatorAbi,
  erc6492SignatureValidatorByteCode,
  type Hex,
  hashMessage,
} from 'viem';
import { verifyMessage } from 'viem/utils';
import { type ChainReader, probe } from './chains.ts';
import { isAway } from './is-away.ts';

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
  await probe(chain);
  // viem's own `verifyMessage` takes a node that did not answer for a signature that is bad.
  const data = encodeDeployData({
    abi: erc6492SignatureValidatorAbi,
    args: [signed.address, hashMessage(signed.message), signed.signature],
    bytecode: erc6492SignatureValidatorByteCode,
  });
  const answer = await chain.client.call({ data }).catch((error) => {
    if (isAway(error)) throw error;
    return { data: undefined };
  });
  return answer.data !== undefined && /^0x0*1$/.test(answer.data);
}
