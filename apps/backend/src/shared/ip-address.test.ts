import { expect, test } from '@jest/globals';
import { clientBlock, unmapped } from './ip-address.ts';

// RFC 4291, sections 2.2 (text forms) and 2.5.5.2 (IPv4-mapped addresses); RFC 6177 (a site has a /64 at least).
test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:C000:0201', '192.0.2.1'],
  ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
  ['::ffff:0.0.0.9', '0.0.0.9'],
  ['2001:db8::1', '2001:db8::1'],
  ['::192.0.2.1', '::192.0.2.1'],
  ['no address', 'no address'],
])('unmapped of %s is %s', (address, plain) => {
  expect(unmapped(address)).toBe(plain);
});

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:db8::ffff', '2001:db8:0:0::/64'],
  ['2001:0DB8:0000:0000:ffff:ffff:ffff:ffff', '2001:db8:0:0::/64'],
  ['2001:db8:0:1::1', '2001:db8:0:1::/64'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['', ''],
])('clientBlock of %s is %s', (address, block) => {
  expect(clientBlock(address)).toBe(block);
});
