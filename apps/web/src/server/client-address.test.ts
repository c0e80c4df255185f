import { expect, test } from '@jest/globals';
import { clientAddress, clientAddressOf } from './client-address.ts';

// Each proxy appends its peer to X-Forwarded-For: only the entries that trusted proxies wrote count.
test.each([
  [undefined, 0, '192.0.2.9'],
  ['198.51.100.1', 0, '192.0.2.9'],
  ['198.51.100.1', 1, '198.51.100.1'],
  ['203.0.113.5, 198.51.100.1', 1, '198.51.100.1'],
  ['203.0.113.5, 198.51.100.1', 2, '203.0.113.5'],
  ['203.0.113.5', 3, '203.0.113.5'],
  ['not an address', 1, '192.0.2.9'],
  [' , 2001:db8::1 ', 1, '2001:db8::1'],
])('clientAddress of the header %s with %d trusted proxies is %s', (header, proxies, address) => {
  expect(clientAddress(header, '192.0.2.9', proxies)).toBe(address);
});

test('clientAddressOf reads the header that this server sets, not the client’s', () => {
  expect(clientAddressOf(new Headers({ 'x-forwarded-for': '198.51.100.1' }))).toBeUndefined();
  expect(clientAddressOf({ 'x-agentbot-client-address': '192.0.2.9', 'x-forwarded-for': '198.51.100.1' })).toBe('192.0.2.9');
});
