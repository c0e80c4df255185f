import { describe, expect, test } from '@jest/globals';
import { encodeAbiParameters, encodeEventTopics, erc20Abi } from 'viem';
import { chainOf, type NodeAnswers } from '../../../test/stub-node.ts';
import { DECIMALS, PRICE, parseProof, proofMessage, tryParseProof, verifyPayment } from './payment-proof.ts';

/** A proof of the contract's form; addresses and hash are made up. */
const proof = {
  transactionHash: `0x${'ab'.repeat(32)}`,
  amount: '1.0',
  currency: 'pathUSD',
  chainId: 4217,
  from: `0x${'11'.repeat(20)}`,
  to: `0x${'22'.repeat(20)}`,
  timestamp: 1_774_000_000,
};

test('a clone costs one pathUSD, which has six decimals', () => {
  expect(DECIMALS).toBe(6);
  expect(PRICE).toBe(1_000_000n);
});

describe('parseProof', () => {
  test.each<[string, object]>([
    ['without a signature', {}],
    ['with a signature', { signature: '0xabcdEF' }],
    ['with the longest amount', { amount: '999999999999.999999' }],
    ['with a whole amount', { amount: '1' }],
    ['with milliseconds', { timestamp: 1_774_000_000_000 }],
    ['with a fraction of a second', { timestamp: 1_774_000_000.5 }],
    ['with mixed letters in addresses', { from: `0x${'aB'.repeat(20)}` }],
  ])('reads a proof %s', (_case, change) => {
    expect(parseProof({ ...proof, ...change })).toEqual({ ...proof, ...change });
    expect(tryParseProof({ ...proof, ...change })).toEqual({ ...proof, ...change });
  });

  test('writes the hash in small letters, so that one transaction has one spelling', () => {
    expect(parseProof({ ...proof, transactionHash: `0x${'AB'.repeat(32)}` }).transactionHash).toBe(proof.transactionHash);
  });

  test.each<[string, unknown[]]>([
    ['transactionHash', [undefined, '', `0x${'ab'.repeat(31)}`, `0x${'ab'.repeat(33)}`, `x0x${'ab'.repeat(32)}`, `0x${'zz'.repeat(32)}`]],
    ['amount', [undefined, 1, '', '-1', '1.', '.5', '1.0000001', '1e6', '1 ', ' 1', '1234567890123']],
    ['currency', [undefined, 'USD', 'pathusd']],
    ['chainId', [undefined, 1, '4217']],
    ['from', [undefined, '', `0x${'11'.repeat(19)}`, `0x${'11'.repeat(21)}`, `x0x${'11'.repeat(20)}`]],
    ['to', [undefined, 'treasury', `${`0x${'22'.repeat(20)}`}\n`]],
    ['timestamp', [undefined, 0, -1, '1774000000', 1e15 + 1]],
    ['signature', ['', '0x', 'abcd', '0xabc', '0xzz', 'x0xab', `0x${'ab'.repeat(10_000)}`]],
  ])('refuses a wrong %s by its name', (field, values) => {
    for (const value of values) {
      const input = { ...proof, [field]: value };
      expect(() => parseProof(input)).toThrow(
        expect.objectContaining({
          code: 'PAYMENT_NOT_VERIFIED',
          message: 'Invalid payment proof — transaction not verified on Tempo chain',
          details: { reason: `paymentProof.${field} is missing or invalid` },
        }),
      );
      expect(tryParseProof(input)).toBeUndefined();
    }
  });
});

test('proofMessage is the text that docs/api.md tells wallets to sign', () => {
  expect(proofMessage({ ...proof, from: `0x${'aB'.repeat(20)}`, to: `0x${'Cd'.repeat(20)}` } as never, 'user_1')).toBe(
    [
      'Agentbot clone payment',
      `transactionHash: 0x${'ab'.repeat(32)}`,
      'amount: 1.0',
      'currency: pathUSD',
      'chainId: 4217',
      `from: 0x${'ab'.repeat(20)}`,
      `to: 0x${'cd'.repeat(20)}`,
      'timestamp: 1774000000',
      'account: user_1',
    ].join('\n'),
  );
});

describe('verifyPayment', () => {
  const minedAt = 1_774_000_000;
  const at = (seconds: number) => ({ now: () => new Date(seconds * 1000) });
  const payer = `0x${'11'.repeat(20)}` as const;
  const treasury = `0x${'22'.repeat(20)}` as const;
  const stranger = `0x${'33'.repeat(20)}` as const;
  // pathUSD on Tempo: https://docs.tempo.xyz
  const token = '0x20c0000000000000000000000000000000000000';
  const blockHash = `0x${'cc'.repeat(32)}`;
  const block = { number: '0x64', hash: blockHash, timestamp: `0x${minedAt.toString(16)}`, transactions: [] };

  interface Transfer {
    token?: string;
    from?: `0x${string}`;
    to?: `0x${string}`;
    value?: bigint;
  }
  /** A log of ERC-20's `Transfer`. @see https://eips.ethereum.org/EIPS/eip-20 */
  const transfer = ({ token: address = token, from = payer, to = treasury, value = 1_000_000n }: Transfer = {}) => ({
    address,
    topics: encodeEventTopics({ abi: erc20Abi, eventName: 'Transfer', args: { from, to } }),
    data: encodeAbiParameters([{ type: 'uint256' }], [value]),
    blockNumber: '0x64',
    logIndex: '0x0',
    transactionHash: proof.transactionHash,
    transactionIndex: '0x0',
    blockHash,
    removed: false,
  });
  const receipt = (logs: object[], status = '0x1') => ({
    transactionHash: proof.transactionHash,
    blockNumber: '0x64',
    blockHash,
    status,
    logs,
    from: stranger,
    to: token,
    type: '0x2',
  });
  const verify = (change: object, { logs = [transfer()], head = '0x64', now = minedAt, confirmations = 1, answers = {} }: Options = {}) =>
    verifyPayment(
      chainOf(4217, {
        eth_getTransactionReceipt: receipt(logs),
        eth_blockNumber: head,
        eth_getBlockByNumber: block,
        ...answers,
      }),
      at(now),
      { ...proof, ...change } as never,
      treasury,
      confirmations,
    );
  interface Options {
    logs?: object[];
    head?: string;
    now?: number;
    confirmations?: number;
    answers?: NodeAnswers;
  }
  const refusedWith = (reason: string) => expect.objectContaining({ code: 'PAYMENT_NOT_VERIFIED', details: { reason } });

  test.each<[string, object, Options]>([
    ['the price', {}, {}],
    ['more than the price', { amount: '2.5' }, { logs: [transfer({ value: 2_500_000n })] }],
    ['more than the proof says', {}, { logs: [transfer({ value: 1_000_001n })] }],
    ['with other events beside it', {}, { logs: [transfer({ to: stranger }), transfer()] }],
    ['an hour ago', {}, { now: minedAt + 3600 }],
    ['with a timestamp five minutes early', { timestamp: minedAt - 300 }, {}],
    ['with a timestamp five minutes late', { timestamp: minedAt + 300 }, {}],
    ['with a timestamp in milliseconds', { timestamp: (minedAt + 300) * 1000 }, {}],
    ['with just enough confirmations', {}, { head: '0x66', confirmations: 3 }],
  ])('accepts a payment of %s', async (_case, change, options) => {
    await expect(verify(change, options)).resolves.toBeUndefined();
  });

  const noMatch = 'The transaction contains no payment that matches the proof';
  test.each<[string, object, Options, string]>([
    ['to another wallet', { to: stranger }, {}, 'The payment was not sent to this installation'],
    ['of too little', { amount: '0.999999' }, {}, 'A clone costs 1.0 pathUSD'],
    ['of less than the proof says', { amount: '2' }, {}, noMatch],
    ['in another token', {}, { logs: [transfer({ token: stranger })] }, noMatch],
    ['from another wallet than the proof says', {}, { logs: [transfer({ from: stranger })] }, noMatch],
    ['to another wallet than the proof says', {}, { logs: [transfer({ to: stranger })] }, noMatch],
    ['of less than the price', {}, { logs: [transfer({ value: 999_999n })] }, noMatch],
    ['in two halves', {}, { logs: [transfer({ value: 500_000n }), transfer({ value: 500_000n })] }, noMatch],
    ['without an event', {}, { logs: [] }, noMatch],
    ['more than an hour ago', {}, { now: minedAt + 3601 }, 'The payment is more than an hour old'],
    [
      'with a timestamp too early',
      { timestamp: minedAt - 301 },
      {},
      'paymentProof.timestamp is more than 5 minutes from the time of the payment',
    ],
    [
      'with a timestamp too late',
      { timestamp: minedAt + 301 },
      {},
      'paymentProof.timestamp is more than 5 minutes from the time of the payment',
    ],
    ['that is not confirmed yet', {}, { head: '0x65', confirmations: 3 }, 'The transaction is not confirmed yet: try again in a moment'],
    [
      'whose block left the chain',
      {},
      { answers: { eth_getBlockByNumber: { ...block, hash: `0x${'dd'.repeat(32)}` } } },
      'The transaction is not confirmed yet: try again in a moment',
    ],
    ['that was reverted', {}, { answers: { eth_getTransactionReceipt: receipt([transfer()], '0x0') } }, 'The transaction failed'],
    ['that is not mined', {}, { answers: { eth_getTransactionReceipt: null } }, 'The transaction is not on the chain'],
  ])('refuses a payment %s', async (_case, change, options, reason) => {
    await expect(verify(change, options)).rejects.toEqual(refusedWith(reason));
  });

  test('blames the installation for a node of another chain, or without an answer', async () => {
    await expect(verify({}, { answers: { eth_chainId: '0x1' } })).rejects.toThrow(
      'The node configured for chain 4217 serves chain 1: check its RPC URL',
    );
    const failing = () => {
      throw new Error('no route');
    };
    await expect(verify({}, { answers: { eth_getTransactionReceipt: failing } })).rejects.not.toMatchObject({
      code: 'PAYMENT_NOT_VERIFIED',
    });
  });
});
