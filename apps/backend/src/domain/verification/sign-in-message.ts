import type { Address } from 'viem';
import { createSiweMessage } from 'viem/siwe';
import { challengeEnd, newNonce } from '../accounts/challenges.ts';
import type { Context } from '../context.ts';

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
  { config, clock }: Pick<Context, 'config' | 'clock'>,
  content: MessageContent,
): { message: string; expiresAt: Date } {
  const expiresAt = challengeEnd(clock);
  const { host, origin } = new URL(config.DASHBOARD_URL);
  const message = createSiweMessage({
    ...content,
    domain: host,
    uri: origin,
    version: '1',
    nonce: newNonce(),
    issuedAt: clock.now(),
    expirationTime: expiresAt,
  });
  return { message, expiresAt };
}
