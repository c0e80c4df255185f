import { t } from '@lingui/core/macro';

interface Provider {
  request(call: { method: string; params?: unknown[] }): Promise<unknown>;
}

/** The browser's wallet, if one is installed. @see https://eips.ethereum.org/EIPS/eip-1193 */
const provider = () => (globalThis as { ethereum?: Provider }).ethereum;

export const hasWallet = () => provider() !== undefined;

/** Asks the browser's wallet for its account. @throws Error when the user refuses or the wallet has no account */
export async function walletAddress(): Promise<string> {
  const accounts = (await provider()?.request({ method: 'eth_requestAccounts' })) as string[] | undefined;
  if (!accounts?.[0]) throw new Error(t`The wallet has no account`);
  return accounts[0];
}

/** Asks the browser's wallet to sign a message. @throws Error when the user refuses @see https://eips.ethereum.org/EIPS/eip-191 */
export async function signMessage(message: string, address: string): Promise<string> {
  const bytes = new TextEncoder().encode(message);
  const hex = `0x${[...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
  return (await provider()?.request({ method: 'personal_sign', params: [hex, address] })) as string;
}
