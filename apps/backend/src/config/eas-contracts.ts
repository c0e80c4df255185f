import type { Address } from 'viem';

/** The contracts that store EAS attestations, by chain id. @see https://docs.attest.org/docs/quick--start/contracts */
export const easContracts: Record<number, Address> = {
  1: '0xA1207F3BBa224E2c9c3c6D5aF63D0eb1582Ce587',
  10: '0x4200000000000000000000000000000000000021',
  8453: '0x4200000000000000000000000000000000000021',
  42161: '0xbD75f629A22Dc1ceD33dDA0b68c546A1c035c458',
  11155111: '0xC2679fBD37d54388Ce493F1DB75320D236e1815e',
};
