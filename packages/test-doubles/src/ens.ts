import {
  type Address,
  concat,
  encodeErrorResult,
  type Hex,
  hexToBigInt,
  keccak256,
  namehash,
  numberToHex,
  pad,
  parseAbi,
  size,
  toFunctionSelector,
} from 'viem';
import { mainnet } from 'viem/chains';
import { packetToBytes } from 'viem/ens';
import type { TestChain } from './chain.ts';

const resolver = mainnet.contracts.ensUniversalResolver.address as Address;

/** Bytecode that reverts unless the word on the stack has a function's selector in its first four bytes. */
const requireSelector = (signature: string, at: number): Hex => {
  const target = numberToHex(at + 16, { size: 1 });
  return concat(['0x60e01c63', toFunctionSelector(signature), '0x1460', target, '0x57600080fd5b']);
};
const outerCheck = concat(['0x600035', requireSelector('resolveWithGateways(bytes,bytes,string[])', 3)]);
// 36 + the offset of `data`: where the inner call begins.
const innerStart: Hex = '0x6024356024018035';
const innerCheck = requireSelector('addr(bytes32)', size(outerCheck) + size(innerStart));
/** The storage value at (hash of the name's wire form) XOR (node of the inner call). */
const lookUp: Hex = concat(['0x60040135', '0x600435600401', '0x8035', '0x8091602001', '0x600037', '0x600020', '0x1854']);
const checked = concat([outerCheck, innerStart, innerCheck, lookUp]);
/** The error `ResolverNotFound(bytes)` of a name without a resolver. */
const notFound: Hex = concat([
  '0x63',
  toFunctionSelector('ResolverNotFound(bytes)'),
  '0x60e01b600052',
  '0x6020600452',
  '0x6000602452',
  '0x60446000fd',
]);

/**
 * Bytecode of `resolveWithGateways(name, data, gateways)`: it answers `addr(node)` with the stored address of the name, and
 * reverts for another function, for a node of another name and for an unknown name.
 */
const answering: Hex = concat([
  checked,
  '0x8060',
  numberToHex(size(checked) + 4 + size(notFound), { size: 1 }),
  '0x57',
  notFound,
  // memory: [64, this resolver, 32, address]
  '0x5b606052',
  '0x6040600052',
  '0x30602052',
  '0x6020604052',
  '0x60806000f3',
]);

/** The place of a name's address in the storage. */
const placeOf = (name: string): Hex => numberToHex(hexToBigInt(keccak256(packetToBytes(name))) ^ hexToBigInt(namehash(name)), { size: 32 });

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
      await client.setStorageAt({ address: resolver, index: placeOf(name), value: pad(address) });
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
