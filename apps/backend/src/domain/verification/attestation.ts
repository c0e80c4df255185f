import { AppError } from '@agentbot/contracts';
import { type Address, decodeAbiParameters, type Hex, isAddressEqual, isHex, parseAbi, zeroHash } from 'viem';
import { easContracts } from '../../config/eas-contracts.ts';
import { type ChainReader, probe } from '../../infra/chain/chains.ts';
import type { Clock } from '../../shared/clock.ts';

/** @see https://github.com/base/verifications#deployments */
export const coinbase = {
  attester: '0x357458739F90461b99789350868CD7CF330Dd7EE',
  /** The schema "Verified Account": one boolean. */
  schema: '0xf8b05c79f090979bf4a80270aba232dff11a10d9ca55c4f88de95317970f0de9',
  indexer: '0x2c7eE1E5f416dfF40054c27A62f7B357C4E8619C',
} as const;

// `isAttestationValid` would not do: it returns true for a revoked attestation.
const easAbi = parseAbi([
  'struct Attestation { bytes32 uid; bytes32 schema; uint64 time; uint64 expirationTime; uint64 revocationTime; bytes32 refUID; address recipient; address attester; bool revocable; bytes data; }',
  'function getAttestation(bytes32 uid) view returns (Attestation)',
]);
const indexerAbi = parseAbi(['function getAttestationUid(address recipient, bytes32 schema) view returns (bytes32)']);

const refuse = (reason: string) => new AppError('INVALID_REQUEST', reason);

interface AcceptedIssuers {
  attesters: readonly string[];
  schemas: readonly string[];
}

async function readAttestation(
  { id, client }: ChainReader,
  clock: Clock,
  uid: Hex,
  wallet: Address,
  { attesters, schemas }: AcceptedIssuers,
) {
  const address = easContracts[id] as Address;
  const attestation = await client.readContract({ address, abi: easAbi, functionName: 'getAttestation', args: [uid] });
  const { schema, attester, recipient, revocationTime, expirationTime } = attestation;
  if (uid === zeroHash || attestation.uid !== uid) throw refuse('There is no such attestation');
  if (revocationTime !== 0n) throw refuse('The attestation was revoked');
  if (expirationTime !== 0n && Number(expirationTime) * 1000 <= clock.now().getTime()) throw refuse('The attestation has expired');
  const isAccepted =
    schemas.some((each) => each.toLowerCase() === schema) && attesters.some((each) => isAddressEqual(each as Address, attester));
  if (!isAccepted) throw refuse('This installation does not accept the attester or the schema of the attestation');
  if (!isAddressEqual(recipient, wallet)) throw refuse('The attestation was made for another wallet');
  return attestation;
}

function uidOf(input: string | undefined): Hex {
  if (!input) throw refuse('attestationUid is required');
  const uid = input.toLowerCase();
  if (!isHex(uid) || uid.length !== 66) throw refuse('Invalid attestationUid');
  return uid;
}

/** Checks an attestation of the Ethereum Attestation Service for a wallet. @throws AppError INVALID_REQUEST with the reason */
export async function checkAttestation(
  chain: ChainReader,
  clock: Clock,
  wallet: Address,
  attestationUid: string | undefined,
  accepted: AcceptedIssuers,
) {
  const uid = uidOf(attestationUid);
  await probe(chain);
  const { schema, attester } = await readAttestation(chain, clock, uid, wallet, accepted);
  return { attestationUid: uid, metadata: { chainId: chain.id, schema, attester } };
}

/**
 * Checks Coinbase's attestation that the wallet's holder has a verified Coinbase account. Without a uid, Coinbase's indexer
 * contract provides it.
 * @throws AppError INVALID_REQUEST with the reason
 */
export async function checkCoinbase(chain: ChainReader, clock: Clock, wallet: Address, attestationUid: string | undefined) {
  const { attester, schema, indexer } = coinbase;
  const requestedUid = attestationUid === undefined ? undefined : uidOf(attestationUid);
  await probe(chain);
  const readIndexedUid = () =>
    chain.client.readContract({ address: indexer, abi: indexerAbi, functionName: 'getAttestationUid', args: [wallet, schema] });
  const uid = requestedUid ?? (await readIndexedUid());
  if (uid === zeroHash) throw refuse('Coinbase has not attested this wallet');
  const { data } = await readAttestation(chain, clock, uid, wallet, { attesters: [attester], schemas: [schema] });
  const [verified] = decodeAbiParameters([{ type: 'bool' }], data);
  if (!verified) throw refuse('Coinbase attests that this account is not verified');
  return { attestationUid: uid, metadata: { chainId: chain.id, schema, attester } };
}
