import { z } from 'zod';
import { defineRoute } from './define-route.ts';

const timestamp = z.iso.datetime();
/** An address of an EVM chain in upper or lower case; its checksum is not verified. */
export const walletAddressSchema = z
  .string({ error: 'A wallet address is required' })
  .regex(/^0x[0-9a-fA-F]{40}$/, { error: 'Invalid wallet address' });
/** A signature in hexadecimal; contract wallets have longer signatures than the usual 65 bytes. */
export const signatureSchema = z
  .string({ error: 'A signature is required' })
  .max(20_000, { error: 'Invalid signature' })
  .regex(/^0x([0-9a-fA-F]{2})+$/, { error: 'Invalid signature' });

const challenge = z.strictObject({ address: z.string(), message: z.string(), expiresAt: timestamp });
export const createWalletChallenge = defineRoute({
  id: 'createWalletChallenge',
  summary: 'A message (EIP-4361) for a wallet to sign; valid once, for ten minutes, and only the latest message of each address',
  method: 'POST',
  auth: 'caller',
  body: z.object({ address: walletAddressSchema }),
  status: 200,
  failure: 'Failed to create a challenge',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED'],
  backend: { path: '/api/wallets/challenge', response: challenge },
  web: { path: '/api/wallets/challenge', response: challenge },
});

const wallet = z.strictObject({ address: z.string(), linkedAt: timestamp });
export const linkWallet = defineRoute({
  id: 'linkWallet',
  summary:
    'Link the wallet that signed the challenge to the account; signatures of contract wallets (ERC-1271, ERC-6492) are verified on Tempo',
  method: 'POST',
  auth: 'caller',
  body: z.object({ address: walletAddressSchema, signature: signatureSchema }),
  status: 201,
  failure: 'Failed to link wallet',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'WALLET_TAKEN'],
  backend: { path: '/api/wallets', response: wallet },
  web: { path: '/api/wallets', response: wallet },
});

const wallets = z.strictObject({ wallets: z.array(wallet) });
export const listWallets = defineRoute({
  id: 'listWallets',
  summary: 'The wallets linked to the account, newest first',
  method: 'GET',
  auth: 'caller',
  status: 200,
  failure: 'Failed to list wallets',
  errors: ['UNAUTHORIZED'],
  backend: { path: '/api/wallets', response: wallets },
  web: { path: '/api/wallets', response: wallets },
});

const unlinked = z.strictObject({ address: z.string(), deleted: z.literal(true) });
export const unlinkWallet = defineRoute({
  id: 'unlinkWallet',
  summary: 'Unlink a wallet; its paid clones stay',
  method: 'DELETE',
  auth: 'caller',
  params: z.object({ address: walletAddressSchema }),
  status: 200,
  failure: 'Failed to unlink wallet',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'WALLET_NOT_FOUND'],
  backend: { path: '/api/wallets/:address', response: unlinked },
  web: { path: '/api/wallets/:address', response: unlinked },
});
