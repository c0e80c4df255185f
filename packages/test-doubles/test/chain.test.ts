import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Address, encodeFunctionData, type Hex, namehash, parseAbi, parseUnits, toHex } from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { mainnet } from 'viem/chains';
import { packetToBytes } from 'viem/ens';
import { Abis, Addresses } from 'viem/tempo';
import { deployAttestations } from '../src/attestations.ts';
import { startChain, type TestChain } from '../src/chain.ts';
import { startChainNode } from '../src/chain-node.ts';
import { deployEns } from '../src/ens.ts';

/** The contracts on the local chains refuse what those of the public chains refuse; viem is the client. */

const EAS: Address = '0x4200000000000000000000000000000000000021';
const ATTESTER: Address = '0x357458739F90461b99789350868CD7CF330Dd7EE';
const OTHER: Address = '0x000000000000000000000000000000000000bad1';
const payer = mnemonicToAccount('test test test test test test test test test test test junk');
let ethereum: TestChain;
let tempo: TestChain;

beforeAll(async () => {
  [ethereum, tempo] = await Promise.all([startChain({ chainId: 1 }), startChain()]);
});
afterAll(() => Promise.all([ethereum.stop(), tempo.stop()]));

test('ENS answers the address of a name to viem, and reverts for another name, node or function', async () => {
  const { client } = ethereum;
  const ens = await deployEns(ethereum);
  await ens.set('agent.eth', ATTESTER);
  expect(await client.getEnsAddress({ name: 'agent.eth' })).toBe(ATTESTER);
  expect(await client.getEnsAddress({ name: 'nobody.eth' })).toBeNull();
  const abi = parseAbi([
    'function resolveWithGateways(bytes name, bytes data, string[] gateways) view returns (bytes, address)',
    'function addr(bytes32 node) view returns (address)',
    'function owner(bytes32 node) view returns (address)',
    'error ResolverNotFound(bytes name)',
  ]);
  const resolve = (name: string, functionName: 'addr' | 'owner', node: Hex) =>
    client.readContract({
      address: mainnet.contracts.ensUniversalResolver.address,
      abi,
      functionName: 'resolveWithGateways',
      args: [toHex(packetToBytes(name)), encodeFunctionData({ abi, functionName, args: [node] }), []],
    });
  expect((await resolve('agent.eth', 'addr', namehash('agent.eth')))[0]).toMatch(new RegExp(`${ATTESTER.slice(2)}$`, 'i'));
  await expect(resolve('agent.eth', 'addr', namehash('other.eth'))).rejects.toThrow('ResolverNotFound');
  await expect(resolve('other.eth', 'addr', namehash('agent.eth'))).rejects.toThrow('ResolverNotFound');
  await expect(resolve('agent.eth', 'owner', namehash('agent.eth'))).rejects.toThrow('reverted');
  const address = mainnet.contracts.ensUniversalResolver.address;
  await expect(client.call({ to: address, data: '0x12345678' })).rejects.toThrow('reverted');
});

test('EAS reverts for an unknown schema, an attester that the resolver does not list, and a second revocation', async () => {
  const eas = await deployAttestations(ethereum, EAS);
  const recipient = OTHER;
  await expect(eas.attest(ATTESTER, { schema: `0x${'1'.repeat(64)}`, recipient })).rejects.toThrow('InvalidSchema');
  const schema = await eas.registerCoinbase(ATTESTER);
  await expect(eas.attest(OTHER, { schema, recipient })).rejects.toThrow('reverted');
  const uid = await eas.attest(ATTESTER, { schema, recipient });
  await expect(eas.revoke(OTHER, schema, uid)).rejects.toThrow('AccessDenied');
  await eas.revoke(ATTESTER, schema, uid);
  await expect(eas.revoke(ATTESTER, schema, uid)).rejects.toThrow('AlreadyRevoked');
  await expect(eas.attest(ATTESTER, { schema, recipient, expiresAt: 1n })).rejects.toThrow('InvalidExpirationTime');
});

test('a transfer of more than the balance reverts, and a reorganisation removes a transfer', async () => {
  const { client } = tempo;
  const transfer = (amount: bigint) =>
    client.writeContract({
      account: payer,
      address: Addresses.pathUsd,
      abi: Abis.tip20,
      functionName: 'transfer',
      args: [OTHER, amount],
      chain: client.chain,
    });
  await expect(transfer(parseUnits('1', 36))).rejects.toThrow('InsufficientBalance');
  const id = await client.snapshot();
  const hash = await transfer(1n);
  const { blockHash } = await client.waitForTransactionReceipt({ hash });
  await client.revert({ id });
  await client.mine({ blocks: 2 });
  await expect(client.getTransactionReceipt({ hash })).rejects.toThrow('could not be found');
  await expect(client.getBlock({ blockHash })).rejects.toThrow('could not be found');
});

test('a node that is down closes connections, and a redirected node answers for the other chain', async () => {
  const node = await startChainNode(tempo.url);
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] });
  const chainId = async () => ((await (await fetch(node.url, { method: 'POST', body })).json()) as { result: Hex }).result;
  expect(await chainId()).toBe('0x1079');
  node.follow(ethereum.url);
  expect(await chainId()).toBe('0x1');
  node.setDown(true);
  await expect(chainId()).rejects.toThrow();
  await node.close();
});
