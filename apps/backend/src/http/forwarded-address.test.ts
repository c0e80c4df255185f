import type { IncomingMessage } from 'node:http';
import { expect, test } from '@jest/globals';
import { createForwardedAddress } from './forwarded-address.ts';

// Express's guide "Express behind proxies": https://expressjs.com/en/guide/behind-proxies
test.each([
  ['loopback', '127.0.0.1', undefined, '127.0.0.1'],
  ['loopback', '127.0.0.1', '203.0.113.7', '203.0.113.7'],
  ['loopback', '::ffff:127.0.0.1', '203.0.113.7', '203.0.113.7'],
  // A client behind the proxy sent its own header first.
  ['loopback', '127.0.0.1', '8.8.8.8, 203.0.113.7', '203.0.113.7'],
  ['loopback', '198.51.100.1', '203.0.113.7', '198.51.100.1'],
  ['loopback, 203.0.113.0/24', '127.0.0.1', '8.8.8.8, 203.0.113.7', '8.8.8.8'],
  ['loopback', '127.0.0.1', 'unknown', '127.0.0.1'],
  ['loopback', '127.0.0.1', '', '127.0.0.1'],
])('with trust proxy %s, a connection of %s with X-Forwarded-For %s is from %s', (trustProxy, remoteAddress, forwarded, client) => {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  expect(createForwardedAddress(trustProxy)({ headers, socket: { remoteAddress } } as IncomingMessage)).toBe(client);
});
