import { AppError } from '@agentbot/contracts';
import { type Address, getAddress, type Hex } from 'viem';
import type { Wallet } from '../../generated/prisma/client.ts';
import { requireSignature } from '../../infra/chain/check-signature.ts';
import { isUniqueViolation } from '../../infra/database/database.ts';
import { type Actor, userOf } from '../../shared/actor.ts';
import { consumeChallenge, openChallenge, storeChallenge } from '../accounts/challenges.ts';
import { lockAccount } from '../accounts/grants.ts';
import type { Context } from '../context.ts';
import { signInMessage } from './sign-in-message.ts';

type Slice = Pick<Context, 'database' | 'clock' | 'config' | 'chains'>;

const view = ({ address, linkedAt }: Wallet) => ({ address: getAddress(address), linkedAt: linkedAt.toISOString() });
const keyOf = (actor: Actor, address: string) => ({ ownerId: userOf(actor), purpose: 'wallet', subject: address.toLowerCase() });

/** Creates the message that the holder of a wallet signs to link it to the actor's account. */
export async function createWalletChallenge(context: Slice, actor: Actor, walletAddress: string) {
  const address = getAddress(walletAddress);
  const { tempo } = await context.chains();
  const { message, expiresAt } = signInMessage(context, {
    address,
    chainId: tempo.id,
    statement: 'Link this wallet to my Agentbot account. Payments from it will count as mine.',
    resources: [`urn:agentbot:account:${userOf(actor)}`],
  });
  await storeChallenge(context, keyOf(actor, address), message, expiresAt);
  return { address, message, expiresAt: expiresAt.toISOString() };
}

/** Links a wallet to the actor's account with its signature of the open challenge. @throws AppError INVALID_REQUEST, WALLET_TAKEN */
export async function linkWallet(context: Slice, actor: Actor, { address, signature }: { address: string; signature: string }) {
  const { database, clock, chains } = context;
  const challenge = await openChallenge(context, keyOf(actor, address));
  const { ownerId, subject, text } = challenge;
  const { tempo } = await chains();
  await requireSignature(tempo, { address: subject as Address, message: text, signature: signature as Hex });
  const wallet = await database
    .as({ userId: ownerId }, async (tx) => {
      await lockAccount(tx, clock, actor);
      await consumeChallenge(tx, clock, challenge);
      const own = await tx.wallet.findUnique({ where: { address: subject } });
      return own ?? tx.wallet.create({ data: { address: subject, ownerId } });
    })
    .catch((error) => {
      throw isUniqueViolation(error) ? new AppError('WALLET_TAKEN') : error;
    });
  return view(wallet);
}

/** The wallets linked to the actor's account, newest first. */
export async function listWallets({ database }: Slice, actor: Actor) {
  const ownerId = userOf(actor);
  const rows = await database.as({ userId: ownerId }, (tx) => tx.wallet.findMany({ where: { ownerId }, orderBy: { linkedAt: 'desc' } }));
  return rows.map(view);
}

/** Unlinks a wallet. @throws AppError WALLET_NOT_FOUND when it is not linked to the actor's account */
export async function unlinkWallet({ database }: Slice, actor: Actor, address: string): Promise<void> {
  const ownerId = userOf(actor);
  const where = { address: address.toLowerCase(), ownerId };
  const { count } = await database.as({ userId: ownerId }, (tx) => tx.wallet.deleteMany({ where }));
  if (count === 0) throw new AppError('WALLET_NOT_FOUND');
}
