import { describe, expect, test } from '@jest/globals';
import { decodeFunctionData, encodeAbiParameters, encodeFunctionResult, getAddress, parseAbi, zeroHash } from 'viem';
import { chainOf } from '../../../test/stub-node.ts';
import { checkAttestation, checkCoinbase } from './attestation.ts';

// The interface of EAS: https://github.com/ethereum-attestation-service/eas-contracts/blob/master/contracts/IEAS.sol
const easAbi = parseAbi([
  'struct Attestation { bytes32 uid; bytes32 schema; uint64 time; uint64 expirationTime; uint64 revocationTime; bytes32 refUID; address recipient; address attester; bool revocable; bytes data; }',
  'function getAttestation(bytes32 uid) view returns (Attestation)',
]);
// Coinbase's contracts on Base: https://github.com/coinbase/verifications
const indexerAbi = parseAbi(['function getAttestationUid(address recipient, bytes32 schemaUid) view returns (bytes32)']);
const INDEXER = '0x2c7eE1E5f416dfF40054c27A62f7B357C4E8619C';
const COINBASE = '0x357458739F90461b99789350868CD7CF330Dd7EE';
const VERIFIED_ACCOUNT = '0xf8b05c79f090979bf4a80270aba232dff11a10d9ca55c4f88de95317970f0de9';
const EAS_ON_BASE = '0x4200000000000000000000000000000000000021';

const uid = `0x${'0a'.repeat(32)}` as const;
const wallet = `0x${'11'.repeat(20)}` as const;
const attester = getAddress(`0x${'aa'.repeat(20)}`);
const schema = `0x${'bc'.repeat(32)}` as const;
const accepted = { attesters: [attester.toLowerCase()], schemas: [schema.toUpperCase().replace('0X', '0x')] };
const NOW = 1_774_000_000;
const clock = { now: () => new Date(NOW * 1000) };
const bool = (value: boolean) => encodeAbiParameters([{ type: 'bool' }], [value]);

const attestation = {
  uid,
  schema,
  time: 1n,
  expirationTime: 0n,
  revocationTime: 0n,
  refUID: zeroHash,
  recipient: wallet,
  attester,
  revocable: true,
  data: bool(true),
} as const;

interface Call {
  to: string;
  data: `0x${string}`;
}
/** A chain of Base with one attestation, and an index that knows it for one wallet. */
const chain = (stored: object = {}, indexed: `0x${string}` = uid) =>
  chainOf(8453, {
    eth_call: ([{ to, data }]: [Call]) => {
      if (to.toLowerCase() === INDEXER.toLowerCase()) {
        const { args } = decodeFunctionData({ abi: indexerAbi, data });
        const known = args[0].toLowerCase() === wallet && args[1] === VERIFIED_ACCOUNT;
        return encodeFunctionResult({ abi: indexerAbi, functionName: 'getAttestationUid', result: known ? indexed : zeroHash });
      }
      if (to !== EAS_ON_BASE) throw new Error(`no contract at ${to}`);
      const { args } = decodeFunctionData({ abi: easAbi, data });
      const result = args[0] === uid ? { ...attestation, ...stored } : { ...attestation, uid: zeroHash };
      return encodeFunctionResult({ abi: easAbi, functionName: 'getAttestation', result });
    },
  });
const refused = (message: string) => expect.objectContaining({ code: 'INVALID_REQUEST', message });

describe('checkAttestation', () => {
  const check = (stored: object = {}, given: string | undefined = uid) => checkAttestation(chain(stored), clock, wallet, given, accepted);

  test('accepts an attestation of an accepted attester and schema for the wallet', async () => {
    const metadata = { chainId: 8453, schema, attester };
    expect(await check()).toEqual({ attestationUid: uid, metadata });
    expect(await check({ expirationTime: BigInt(NOW) + 1n })).toEqual({ attestationUid: uid, metadata });
    expect(await check({}, uid.toUpperCase().replace('0X', '0x'))).toEqual({ attestationUid: uid, metadata });
  });

  test.each<[string, object, string]>([
    ['that was revoked', { revocationTime: 1n }, 'The attestation was revoked'],
    ['that expires now', { expirationTime: BigInt(NOW) }, 'The attestation has expired'],
    ['that expired', { expirationTime: 1n }, 'The attestation has expired'],
    ['of another attester', { attester: wallet }, 'This installation does not accept the attester or the schema of the attestation'],
    ['of another schema', { schema: uid }, 'This installation does not accept the attester or the schema of the attestation'],
    ['for another wallet', { recipient: attester }, 'The attestation was made for another wallet'],
    ['that the contract stores under another uid', { uid: schema }, 'There is no such attestation'],
  ])('refuses an attestation %s', async (_case, stored, sentence) => {
    await expect(check(stored)).rejects.toEqual(refused(sentence));
  });

  test.each([
    ['', 'attestationUid is required'],
    ['0x12', 'Invalid attestationUid'],
    [`${uid}00`, 'Invalid attestationUid'],
    [`0x${'zz'.repeat(32)}`, 'Invalid attestationUid'],
    ['0a'.repeat(33), 'Invalid attestationUid'],
    [zeroHash, 'There is no such attestation'],
    [`0x${'0b'.repeat(32)}`, 'There is no such attestation'],
  ])('refuses the uid %j', async (given, sentence) => {
    await expect(check({}, given)).rejects.toEqual(refused(sentence));
  });

  test('refuses no uid, and a node of another chain with the installation’s fault', async () => {
    await expect(checkAttestation(chain(), clock, wallet, undefined, accepted)).rejects.toEqual(refused('attestationUid is required'));
    const other = { ...chain(), id: 1 };
    await expect(checkAttestation(other, clock, wallet, uid, accepted)).rejects.toThrow(
      'The node configured for chain 1 serves chain 8453: check its RPC URL',
    );
  });
});

describe('checkCoinbase', () => {
  const coinbase = { schema: VERIFIED_ACCOUNT, attester: COINBASE };
  const metadata = { chainId: 8453, ...coinbase };

  test('finds the attestation in Coinbase’s index, or takes the given uid', async () => {
    expect(await checkCoinbase(chain(coinbase), clock, wallet, undefined)).toEqual({ attestationUid: uid, metadata });
    expect(await checkCoinbase(chain(coinbase, zeroHash), clock, wallet, uid)).toEqual({ attestationUid: uid, metadata });
  });

  test.each<[string, object, `0x${string}`, string]>([
    ['a wallet that is not in the index', coinbase, zeroHash, 'Coinbase has not attested this wallet'],
    ['an account that is not verified', { ...coinbase, data: bool(false) }, uid, 'Coinbase attests that this account is not verified'],
    [
      'an attestation of somebody else',
      { ...coinbase, attester },
      uid,
      'This installation does not accept the attester or the schema of the attestation',
    ],
    [
      'an attestation of another kind',
      { ...coinbase, schema },
      uid,
      'This installation does not accept the attester or the schema of the attestation',
    ],
    ['a revoked attestation', { ...coinbase, revocationTime: 1n }, uid, 'The attestation was revoked'],
  ])('refuses %s', async (_case, stored, indexed, sentence) => {
    await expect(checkCoinbase(chain(stored, indexed), clock, wallet, undefined)).rejects.toEqual(refused(sentence));
  });

  test('refuses a uid that is none before it asks the chain', async () => {
    const silent = chainOf(8453, {});
    for (const given of ['', '0x1'])
      await expect(checkCoinbase(silent, clock, wallet, given)).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    await expect(checkCoinbase(chain(coinbase), clock, wallet, zeroHash)).rejects.toEqual(refused('Coinbase has not attested this wallet'));
  });
});
