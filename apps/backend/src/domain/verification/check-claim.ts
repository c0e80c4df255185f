import { AppError } from '@agentbot/contracts';
import type { Address } from 'viem';
import type { ChainReader } from '../../infra/chain/chains.ts';
import type { Context } from '../context.ts';
import { checkAttestation, checkCoinbase } from './attestation.ts';
import { checkEnsName } from './ens-name.ts';

type Slice = Pick<Context, 'chains' | 'config' | 'clock'>;
/** The verification types that a wallet can prove. */
export type WalletType = 'eas' | 'coinbase' | 'ens';

/** The wallet and the on-chain record that must belong to it. */
export interface WalletClaim {
  verificationType: WalletType;
  wallet: Address;
  attestationUid?: string | undefined;
  /** Normalized (ENSIP-15). */
  ensName?: string | undefined;
}

/** The verification types that this installation offers, each with the chain that it is read from. */
export async function offeredTypes({ chains, config }: Pick<Context, 'chains' | 'config'>): Promise<Map<string, ChainReader>> {
  const { eas, base, ethereum } = await chains();
  const types: Record<WalletType, ChainReader | undefined> = {
    eas: config.EAS_ATTESTERS.length && config.EAS_SCHEMAS.length ? eas : undefined,
    coinbase: base,
    ens: ethereum,
  };
  return new Map(Object.entries(types).flatMap(([type, chain]) => (chain ? [[type, chain]] : [])));
}

/** The chain that a type is read from. @throws AppError INVALID_REQUEST when this installation does not offer the type */
export async function chainOf(context: Slice, type: WalletType): Promise<ChainReader> {
  const chain = (await offeredTypes(context)).get(type);
  if (!chain) throw new AppError('INVALID_REQUEST', `Verification of type ${type} is not supported on this installation`);
  return chain;
}

/**
 * Checks on chain that the claim is true of the wallet. The caller must check separately that the user controls the wallet.
 * @throws AppError INVALID_REQUEST with the reason; Error when the chain node does not answer
 */
export async function checkClaim(context: Slice, { verificationType, wallet, attestationUid, ensName }: WalletClaim) {
  const { EAS_ATTESTERS, EAS_SCHEMAS } = context.config;
  const chain = await chainOf(context, verificationType);
  if (verificationType === 'ens') return checkEnsName(chain, wallet, ensName ?? '');
  if (verificationType === 'coinbase') return checkCoinbase(chain, context.clock, wallet, attestationUid);
  return checkAttestation(chain, context.clock, wallet, attestationUid, { attesters: EAS_ATTESTERS, schemas: EAS_SCHEMAS });
}
