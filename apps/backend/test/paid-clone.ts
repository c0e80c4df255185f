import type { TestChain } from '@agentbot/test-doubles/chain';
import { erc20Abi, parseUnits } from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { Addresses } from 'viem/tempo';
import type { ChildBackend } from './child-backend.ts';

const TREASURY = '0x1111111111111111111111111111111111111111';
const payer = mnemonicToAccount('test test test test test test test test test test test junk');

/** Settings of a backend that takes payments on the chain. */
export const chainSettings = (chain: TestChain) => ({ TEMPO_RPC_URL: chain.url, CLONE_TREASURY_ADDRESS: TREASURY });

/** Links the payer's wallet to the platform's account. */
export async function linkPayer(backend: Pick<ChildBackend, 'call'>): Promise<void> {
  const { message } = (await backend.call('POST', '/api/wallets/challenge', { address: payer.address })).body;
  await backend.call('POST', '/api/wallets', { address: payer.address, signature: await payer.signMessage({ message }) });
}

/** Pays for a clone. @returns the body of the clone request, which can be sent again */
export async function paidRequest({ client }: TestChain, parentAgentId: string, specialization = 'general') {
  const transactionHash = await client.writeContract({
    account: payer,
    address: Addresses.pathUsd,
    abi: erc20Abi,
    functionName: 'transfer',
    args: [TREASURY, parseUnits('1', 6)],
    chain: client.chain,
  });
  await client.waitForTransactionReceipt({ hash: transactionHash });
  const timestamp = Math.floor(Date.now() / 1000);
  const paymentProof = { transactionHash, amount: '1', currency: 'pathUSD', chainId: 4217, from: payer.address, to: TREASURY, timestamp };
  return { parentAgentId, name: 'Clone', specialization, paymentProof };
}
