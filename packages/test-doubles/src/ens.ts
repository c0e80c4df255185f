import { type Address, concat, encodeErrorResult, type Hex, namehash, numberToHex, pad, parseAbi, size } from 'viem';
import { mainnet } from 'viem/chains';
import type { TestChain } from './chain.ts';

const resolver = mainnet.contracts.ensUniversalResolver.address as Address;

/** Answers `resolveWithGateways(name, data, gateways)` with the address that is stored at the node named in `data`. */
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

/** Reverts with the data that follows it. */
const reverting = (data: Hex): Hex => {
  const length = numberToHex(size(data), { size: 2 });
  // PUSH2 length, DUP1, PUSH1 offset of the data, PUSH1 0, CODECOPY, PUSH1 0, REVERT
  return concat(['0x61', length, '0x80600c6000396000fd', data]);
};

/** A stand-in for the universal resolver of ENS, where Ethereum has it. */
export async function deployEns({ client }: TestChain) {
  await client.setCode({ address: resolver, bytecode: answering });
  return {
    /** Lets a name stand for an address. */
    async set(name: string, address: Address): Promise<void> {
      await client.setStorageAt({ address: resolver, index: namehash(name), value: pad(address) });
    },
    /** Answers every name with the demand to ask an address off the chain (EIP-3668), until it is given up again. */
    async demandLookup(url: string): Promise<() => Promise<void>> {
      const abi = parseAbi(['error OffchainLookup(address sender, string[] urls, bytes callData, bytes4 callback, bytes extraData)']);
      const data = encodeErrorResult({ abi, errorName: 'OffchainLookup', args: [resolver, [url], '0x1234', '0x12345678', '0x'] });
      await client.setCode({ address: resolver, bytecode: reverting(data) });
      return () => client.setCode({ address: resolver, bytecode: answering });
    },
  };
}
