import { AppError, cloneTerms } from '@agentbot/contracts';
import { type Address, erc20Abi, type Hex, isAddressEqual, parseEventLogs, parseUnits, TransactionReceiptNotFoundError } from 'viem';
import { z } from 'zod';
import { type ChainReader, probe } from '../../infra/chain/chains.ts';
import { PATH_USD } from '../../infra/chain/path-usd.ts';

export const DECIMALS = 6;
/** What a clone costs, in the token's smallest unit. */
export const PRICE = parseUnits(cloneTerms.clonePrice.split(' ')[0] as string, DECIMALS);
/** How old a payment may be, and how far the time it is claimed for may be from its block's, in seconds. */
const RECENT_SECONDS = 3600;
const NEAR_SECONDS = 300;

const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/);
const schema = z.object({
  transactionHash: z
    .string()
    .regex(/^0x[0-9a-f]{64}$/i)
    .toLowerCase(),
  amount: z.string().regex(/^\d{1,12}(\.\d{1,6})?$/),
  currency: z.literal('pathUSD'),
  chainId: z.literal(cloneTerms.chainId),
  from: address,
  to: address,
  // Above this they are milliseconds.
  timestamp: z.number().positive().max(1e15),
  signature: z
    .string()
    .max(20_000)
    .regex(/^0x([0-9a-fA-F]{2})+$/)
    .optional(),
});
export type PaymentProof = z.infer<typeof schema>;

/** A proof that does not hold, with the reason for whoever gave it. */
export const refuseProof = (reason: string) => new AppError('PAYMENT_NOT_VERIFIED', undefined, { details: { reason } });

/** A proof by its form alone, or nothing when it has none. */
export const tryParseProof = (given: unknown): PaymentProof | undefined => schema.safeParse(given).data;

/** A proof by its form alone. @throws AppError PAYMENT_NOT_VERIFIED naming the first field that is wrong */
export function parseProof(given: unknown): PaymentProof {
  const parsed = schema.safeParse(given);
  if (!parsed.success) throw refuseProof(`paymentProof.${parsed.error.issues[0]?.path.join('.')} is missing or wrong`);
  return parsed.data;
}

const units = ({ amount }: PaymentProof) => parseUnits(amount, DECIMALS);
const seconds = (timestamp: number) => (timestamp > 1e12 ? timestamp / 1000 : timestamp);

/** What the paying wallet signs where it is not linked to the account: the proof, and for whom it is given. */
export function proofMessage({ transactionHash, amount, currency, chainId, from, to, timestamp }: PaymentProof, accountId: string): string {
  return [
    'Agentbot clone payment',
    `transactionHash: ${transactionHash}`,
    `amount: ${amount}`,
    `currency: ${currency}`,
    `chainId: ${chainId}`,
    `from: ${from.toLowerCase()}`,
    `to: ${to.toLowerCase()}`,
    `timestamp: ${timestamp}`,
    `account: ${accountId}`,
  ].join('\n');
}

async function findReceipt({ client }: ChainReader, hash: Hex) {
  try {
    return await client.getTransactionReceipt({ hash });
  } catch (error) {
    if (error instanceof TransactionReceiptNotFoundError) throw refuseProof('The transaction is not on the chain');
    throw error;
  }
}

/**
 * Looks a payment up on chain. Only `Transfer` events of pathUSD count, by its address: who sent the transaction says
 * nothing about who paid, and a transfer with a memo has a second event for the same money.
 * @param treasury where payments go
 * @throws AppError PAYMENT_NOT_VERIFIED; Error when the node cannot be asked
 */
export async function verifyPayment(chain: ChainReader, proof: PaymentProof, treasury: Address, confirmations: number): Promise<void> {
  if (!isAddressEqual(proof.to as Address, treasury)) throw refuseProof('The payment did not go to this installation');
  const claimed = units(proof);
  if (claimed < PRICE) throw refuseProof(`A clone costs ${cloneTerms.clonePrice}`);
  await probe(chain);
  const receipt = await findReceipt(chain, proof.transactionHash as Hex);
  if (receipt.status !== 'success') throw refuseProof('The transaction failed');
  const [head, block] = await Promise.all([
    chain.client.getBlockNumber({ cacheTime: 0 }),
    chain.client.getBlock({ blockNumber: receipt.blockNumber }),
  ]);
  if (head - receipt.blockNumber + 1n < confirmations) throw refuseProof('The transaction is not confirmed yet');
  const paid = parseEventLogs({ abi: erc20Abi, eventName: 'Transfer', logs: receipt.logs }).some(
    ({ address: token, args }) =>
      isAddressEqual(token, PATH_USD) &&
      isAddressEqual(args.from, proof.from as Address) &&
      isAddressEqual(args.to, treasury) &&
      args.value >= claimed,
  );
  if (!paid) throw refuseProof('The transaction has no such payment');
  const minedAt = Number(block.timestamp);
  if (Date.now() / 1000 - minedAt > RECENT_SECONDS) throw refuseProof('The payment is more than an hour old');
  if (Math.abs(minedAt - seconds(proof.timestamp)) > NEAR_SECONDS) throw refuseProof('The payment was made at another time');
}
