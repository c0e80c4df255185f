import { type Address, concat, encodeErrorResult, type Hex, namehash, numberToHex, pad, parseAbi, size } from 'viem';
import { mainnet } from 'viem/chains';
import type { TestChain } from './chain.ts';

const resolver = mainnet.contracts.ensUniversalResolver.address as Address;

/** Bytecode that answers `resolveWithGateways(name, data, gateways)` with the address stored at the node in `data`. */
const answering: Hex = concat([
  // node = calldata[4 + offset of data + 32 + selector]
  '0x6024356028013554',
  // memory: [64, this resolver, 32, address]
  '0x606052',
  '0x6040600052',
  '0x30602052',
  '0x6020604052',
  '0x60806000f3',
]);

/** Bytecode that reverts with the given data. */
const reverting = (data: Hex): Hex => {
  const length = numberToHex(size(data), { size: 2 });
  // PUSH2 length, DUP1, PUSH1 offset of the data, PUSH1 0, CODECOPY, PUSH1 0, REVERT
  return concat(['0x61', length, '0x80600c6000396000fd', data]);
};

/** Deploys a double of ENS's universal resolver, at its address on Ethereum. */
export async function deployEns({ client }: TestChain) {
  await client.setCode({ address: resolver, bytecode: answering });
  return {
    /** Makes a name resolve to an address. */
    async set(name: string, address: Address): Promise<void> {
      await client.setStorageAt({ address: resolver, index: namehash(name), value: pad(address) });
    },
    /** Answers every name with a demand for an off-chain lookup (EIP-3668). @returns a function that restores the resolver */
    async demandLookup(url: string): Promise<() => Promise<void>> {
      const abi = parseAbi(['error OffchainLookup(address sender, string[] urls, bytes callData, bytes4 callback, bytes extraData)']);
      const data = encodeErrorResult({ abi, errorName: 'OffchainLookup', args: [resolver, [url], '0x1234', '0x12345678', '0x'] });
      await client.setCode({ address: resolver, bytecode: reverting(data) });
      return () => client.setCode({ address: resolver, bytecode: answering });
    },
  };
}
