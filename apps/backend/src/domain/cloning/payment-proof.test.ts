import { describe, expect, test } from '@jest/globals';
import { DECIMALS, PRICE, parseProof, proofMessage, tryParseProof } from './payment-proof.ts';

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
