import { AppError, cloneTerms } from '@agentbot/contracts';
import { type Address, erc20Abi, type Hex, isAddressEqual, parseEventLogs, parseUnits, TransactionReceiptNotFoundError } from 'viem';
import { z } from 'zod';
import { type ChainReader, probe } from '../../infra/chain/chains.ts';
import { PATH_USD } from '../../infra/chain/path-usd.ts';
import type { Clock } from '../../shared/clock.ts';

/** Decimals of pathUSD. */
export const DECIMALS = 6;
/** The price of a clone, in the token's smallest unit. */
export const PRICE = parseUnits(cloneTerms.clonePrice.split(' ')[0] as string, DECIMALS);
const MAX_AGE_SECONDS = 3600;
/** Maximum difference between the proof's timestamp and the block's. */
const MAX_SKEW_SECONDS = 300;

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
  // Seconds or milliseconds, see `seconds`.
  timestamp: z.number().positive().max(1e15),
  signature: z
    .string()
    .max(20_000)
    .regex(/^0x([0-9a-fA-F]{2})+$/)
    .optional(),
});
export type PaymentProof = z.infer<typeof schema>;

/** The error for an invalid proof; the caller sees the reason. */
export const refuseProof = (reason: string) => new AppError('PAYMENT_NOT_VERIFIED', undefined, { details: { reason } });

/** Parses a proof without a look at the chain; undefined when it is malformed. */
export const tryParseProof = (input: unknown): PaymentProof | undefined => schema.safeParse(input).data;

/** Parses a proof without a look at the chain. @throws AppError PAYMENT_NOT_VERIFIED with the first invalid field */
export function parseProof(input: unknown): PaymentProof {
  const parsed = schema.safeParse(input);
  if (!parsed.success) throw refuseProof(`paymentProof.${parsed.error.issues[0]?.path.join('.')} is missing or invalid`);
  return parsed.data;
}

const units = ({ amount }: PaymentProof) => parseUnits(amount, DECIMALS);
/** Clients may send milliseconds: as seconds, values above 1e12 would be more than 30,000 years ahead. */
const seconds = (timestamp: number) => (timestamp > 1e12 ? timestamp / 1000 : timestamp);

/** The message that the paying wallet signs when it is not linked to the account: the proof's fields and the account's id. */
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
 * Verifies a payment on chain. Only `Transfer` events from pathUSD's address count: the sender of a transaction need not be
 * the payer, and a transfer with a memo emits a second event for the same money.
 * @param treasury the wallet that receives payments
 * @throws AppError PAYMENT_NOT_VERIFIED; Error when the chain node does not answer
 */
export async function verifyPayment(
  chain: ChainReader,
  clock: Clock,
  proof: PaymentProof,
  treasury: Address,
  confirmations: number,
): Promise<void> {
  if (!isAddressEqual(proof.to as Address, treasury)) throw refuseProof('The payment was not sent to this installation');
  const claimed = units(proof);
  if (claimed < PRICE) throw refuseProof(`A clone costs ${cloneTerms.clonePrice}`);
  await probe(chain);
  const receipt = await findReceipt(chain, proof.transactionHash as Hex);
  if (receipt.status !== 'success') throw refuseProof('The transaction failed');
  const [head, block] = await Promise.all([
    chain.client.getBlockNumber({ cacheTime: 0 }),
    chain.client.getBlock({ blockNumber: receipt.blockNumber }),
  ]);
  // The receipt's block may have left the chain since the receipt was read.
  const isCanonical = block.hash === receipt.blockHash;
  if (!isCanonical || head - receipt.blockNumber + 1n < confirmations)
    throw refuseProof('The transaction is not confirmed yet: try again in a moment');
  const paid = parseEventLogs({ abi: erc20Abi, eventName: 'Transfer', logs: receipt.logs }).some(
    ({ address: token, args }) =>
      isAddressEqual(token, PATH_USD) &&
      isAddressEqual(args.from, proof.from as Address) &&
      isAddressEqual(args.to, treasury) &&
      args.value >= claimed,
  );
  if (!paid) throw refuseProof('The transaction contains no payment that matches the proof');
  const minedAt = Number(block.timestamp);
  if (clock.now().getTime() / 1000 - minedAt > MAX_AGE_SECONDS) throw refuseProof('The payment is more than an hour old');
  if (Math.abs(minedAt - seconds(proof.timestamp)) > MAX_SKEW_SECONDS) {
    throw refuseProof('paymentProof.timestamp is more than 5 minutes from the time of the payment');
  }
}
