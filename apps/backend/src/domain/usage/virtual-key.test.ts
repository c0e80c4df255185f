import { createHmac } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { agentOfVirtualKey, virtualKey } from './virtual-key.ts';

const token = 'f'.repeat(64);

test('a virtual key names its agent, and proves it by an HMAC of the gateway token', () => {
  const key = virtualKey('agent_1-X', token);
  expect(key).toBe(
    `avk_${Buffer.from('agent_1-X').toString('base64url')}.${createHmac('sha256', token).update('model gateway agent_1-X').digest('base64url')}`,
  );
  expect(agentOfVirtualKey(key)).toBe('agent_1-X');
  expect(key).not.toContain(token);
});

test('other agents and other tokens have other keys', () => {
  const keys = [virtualKey('a', token), virtualKey('b', token), virtualKey('a', 'e'.repeat(64))];
  expect(new Set(keys).size).toBe(3);
});

test.each(['', 'avk_', 'sk_YQ.b', 'avk_YQ', `avk_YQ.${'x'.repeat(42)}`, `avk_Y Q.${'x'.repeat(43)}`, ` avk_YQ.${'x'.repeat(43)}`])(
  '%p is no virtual key',
  (text) => {
    expect(agentOfVirtualKey(text)).toBeUndefined();
  },
);
