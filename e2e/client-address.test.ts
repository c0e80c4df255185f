import { expect, test } from '@jest/globals';
import { clientAddress } from '../apps/web/src/server/client-address.ts';

// The client wrote the first address into the header itself.
test.each([
  [0, '127.0.0.1'],
  [1, '203.0.113.9'],
  [2, '198.51.100.7'],
  [3, '192.0.2.66'],
  // More proxies than addresses: the farthest that is known.
  [9, '192.0.2.66'],
])('clientAddress behind %d trusted proxies is %s', (proxies, address) => {
  expect(clientAddress('192.0.2.66, 198.51.100.7,203.0.113.9', '127.0.0.1', proxies)).toBe(address);
});

test.each([undefined, '', 'unknown', '203.0.113.9:4711', '<script>'])('clientAddress is the peer for the header %j', (header) => {
  expect(clientAddress(header, '127.0.0.1', 1)).toBe('127.0.0.1');
});
