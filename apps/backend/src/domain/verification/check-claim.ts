import { AppError } from '@agentbot/contracts';
import type { Address } from 'viem';
import type { ChainReader } from '../../infra/chain/chains.ts';
import type { Context } from '../context.ts';
import { checkAttestation, checkCoinbase } from './attestation.ts';
import { checkEnsName } from './ens-name.ts';

type Slice = Pick<Context, 'chains' | 'config'>;
/** The types that a wallet proves. */
export type WalletType = 'eas' | 'coinbase' | 'ens';

/** What a wallet is to be verified with. */
export interface WalletClaim {
  verificationType: WalletType;
  wallet: Address;
  attestationUid?: string | undefined;
  /** In its normal form. */
  ensName?: string | undefined;
}

/** The types that this installation can read from a chain, each with its chain. */
export async function offeredTypes({ chains, config }: Slice): Promise<Map<string, ChainReader>> {
  const { eas, base, ethereum } = await chains();
  const types: Record<WalletType, ChainReader | undefined> = {
    eas: config.EAS_ATTESTERS.length && config.EAS_SCHEMAS.length ? eas : undefined,
    coinbase: base,
    ens: ethereum,
  };
  return new Map(Object.entries(types).flatMap(([type, chain]) => (chain ? [[type, chain]] : [])));
}

/** The chain that a type is read from. @throws AppError INVALID_REQUEST where this installation does not offer it */
export async function chainOf(context: Slice, type: WalletType): Promise<ChainReader> {
  const chain = (await offeredTypes(context)).get(type);
  if (!chain) throw new AppError('INVALID_REQUEST', `Verification of type ${type} is not supported on this installation`);
  return chain;
}

/**
 * Reads from the chain whether a claim holds for a wallet, which must be proven apart.
 * @throws AppError INVALID_REQUEST with the reason it does not; Error when the chain cannot be asked
 */
export async function checkClaim(context: Slice, { verificationType, wallet, attestationUid, ensName }: WalletClaim) {
  const { EAS_ATTESTERS, EAS_SCHEMAS } = context.config;
  const chain = await chainOf(context, verificationType);
  if (verificationType === 'ens') return checkEnsName(chain, wallet, ensName ?? '');
  if (verificationType === 'coinbase') return checkCoinbase(chain, wallet, attestationUid);
  return checkAttestation(chain, wallet, attestationUid, { attesters: EAS_ATTESTERS, schemas: EAS_SCHEMAS });
}
