import type { Address } from 'viem';
import { createSiweMessage } from 'viem/siwe';
import type { Config } from '../../config/config.ts';
import { challengeEnd, newNonce } from './challenges.ts';

interface MessageContent {
  address: Address;
  chainId: number;
  /** The purpose of the signature, a sentence that the wallet shows to its holder. */
  statement: string;
  /** URIs of the objects that the signature is bound to. */
  resources: string[];
}

/** The message that a wallet signs, bound to this installation. @see https://eips.ethereum.org/EIPS/eip-4361 */
export function signInMessage(
  { DASHBOARD_URL }: Pick<Config, 'DASHBOARD_URL'>,
  content: MessageContent,
): { message: string; expiresAt: Date } {
  const expiresAt = challengeEnd();
  const { host, origin } = new URL(DASHBOARD_URL);
  const message = createSiweMessage({
    ...content,
    domain: host,
    uri: origin,
    version: '1',
    nonce: newNonce(),
    issuedAt: new Date(),
    expirationTime: expiresAt,
  });
  return { message, expiresAt };
}
