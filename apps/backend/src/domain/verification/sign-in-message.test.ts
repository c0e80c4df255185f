import { expect, test } from '@jest/globals';
import { parseSiweMessage } from 'viem/siwe';
import { signInMessage } from './sign-in-message.ts';

const now = new Date('2026-11-28T12:00:00.000Z');
const address = '0x71C7656EC7ab88b098defB751B7401B5f6d8976F';
const slice = { config: { DASHBOARD_URL: 'https://bots.example:8443/app' }, clock: { now: () => now } } as never;
const content = { address, chainId: 1, statement: 'Link this wallet to your account.', resources: ['urn:agentbot:user_1'] } as const;

// EIP-4361, read back by viem's parser.
test('signInMessage is bound to the installation, the purpose and ten minutes', () => {
  const { message, expiresAt } = signInMessage(slice, { ...content, resources: [...content.resources] });
  expect(expiresAt).toEqual(new Date('2026-11-28T12:10:00.000Z'));
  expect(parseSiweMessage(message)).toEqual({
    ...content,
    domain: 'bots.example:8443',
    uri: 'https://bots.example:8443',
    version: '1',
    nonce: expect.stringMatching(/^[0-9a-f]{32}$/),
    issuedAt: now,
    expirationTime: expiresAt,
  });
});

test('signInMessage creates a new nonce at each call', () => {
  const nonces = Array.from({ length: 20 }, () => parseSiweMessage(signInMessage(slice, { ...content, resources: [] }).message).nonce);
  expect(new Set(nonces).size).toBe(20);
});
