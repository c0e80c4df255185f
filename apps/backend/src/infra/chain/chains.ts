import { type Chain, createPublicClient, defineChain, http, type PublicClient } from 'viem';
import type { Config } from '../../config/config.ts';

// Copied from viem's chain definitions, reduced to the fields that reading needs: importing viem's list loads 700 chains.
const dollar = { name: 'pathUSD', symbol: 'pathUSD', decimals: 6 };
const ether = { name: 'Ether', symbol: 'ETH', decimals: 18 };
const multicall3 = { address: '0xca11bde05977b3631167028862be2a173976ca11' } as const;
const publicNode = (url: string) => ({ default: { http: [url] } });
/** @see https://docs.tempo.xyz */
const tempo = defineChain({ id: 4217, name: 'Tempo', nativeCurrency: dollar, rpcUrls: publicNode('https://rpc.tempo.xyz') });
const base = defineChain({
  id: 8453,
  name: 'Base',
  nativeCurrency: ether,
  rpcUrls: publicNode('https://mainnet.base.org'),
  contracts: { multicall3 },
});
const mainnet = defineChain({
  id: 1,
  name: 'Ethereum',
  nativeCurrency: ether,
  rpcUrls: publicNode('https://ethereum.reth.rs/rpc'),
  contracts: { multicall3, ensUniversalResolver: { address: '0xeeeeeeee14d718c2b47d9923deab1335e144eeee' } },
});

/** Timeout of one request to a node. */
const TIMEOUT_MS = 8_000;

/** A chain's id and a client of its configured node. */
export interface ChainReader {
  id: number;
  client: PublicClient;
}

function reader(chain: Chain, id: number, url: string): ChainReader {
  const transport = http(url, { timeout: TIMEOUT_MS, retryCount: 1, batch: true });
  // EIP-3668 lets a contract name a URL to fetch; an attacker could choose it.
  return { id, client: createPublicClient({ chain: { ...chain, id }, transport, ccipRead: false }) as PublicClient };
}

/** Creates the readers of the chains; undefined for a chain without a configured node. Sends no request yet. */
export function createChains(config: Config) {
  const { TEMPO_RPC_URL, BASE_RPC_URL, ETHEREUM_RPC_URL, EAS_RPC_URL, EAS_CHAIN_ID } = config;
  return {
    tempo: reader(tempo, tempo.id, TEMPO_RPC_URL ?? tempo.rpcUrls.default.http[0] ?? ''),
    base: BASE_RPC_URL ? reader(base, base.id, BASE_RPC_URL) : undefined,
    ethereum: ETHEREUM_RPC_URL ? reader(mainnet, mainnet.id, ETHEREUM_RPC_URL) : undefined,
    eas: EAS_RPC_URL ? reader(EAS_CHAIN_ID === mainnet.id ? mainnet : base, EAS_CHAIN_ID, EAS_RPC_URL) : undefined,
  };
}
export type Chains = ReturnType<typeof createChains>;

/**
 * Checks that a node answers and serves the configured chain.
 * @throws Error otherwise: the installation is at fault, not the caller
 */
export async function probe({ id, client }: ChainReader): Promise<void> {
  const servedId = await client.getChainId();
  if (servedId !== id) throw new Error(`The node configured for chain ${id} serves chain ${servedId}: check its RPC URL`);
}
