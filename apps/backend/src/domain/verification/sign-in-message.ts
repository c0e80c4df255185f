import type { Address } from 'viem';
import { createSiweMessage } from 'viem/siwe';
import type { Config } from '../../config/config.ts';
import { challengeEnd, newNonce } from './challenges.ts';

interface Wanted {
  address: Address;
  chainId: number;
  /** What the signature is for, a sentence for whoever signs. */
  statement: string;
  /** URIs of all that it is bound to. */
  resources: string[];
}

/** The message that a wallet is asked to sign, bound to this installation. @see https://eips.ethereum.org/EIPS/eip-4361 */
export function signInMessage({ DASHBOARD_URL }: Pick<Config, 'DASHBOARD_URL'>, wanted: Wanted): { message: string; expiresAt: Date } {
  const expiresAt = challengeEnd();
  const { host, origin } = new URL(DASHBOARD_URL);
  const message = createSiweMessage({
    ...wanted,
    domain: host,
    uri: origin,
    version: '1',
    nonce: newNonce(),
    issuedAt: new Date(),
    expirationTime: expiresAt,
  });
  return { message, expiresAt };
}
