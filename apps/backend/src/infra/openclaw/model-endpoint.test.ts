import { isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { expect, test } from '@jest/globals';
import { assertPublicEndpoint, isThisMachine, mayReach, withoutCredentials } from './model-endpoint.ts';

test.each([
  'http://127.0.0.1/v1',
  'http://[::1]/v1',
  'http://169.254.169.254/',
  'http://10.1.2.3',
  'http://localhost:1',
  'http://host.docker.internal/',
  'http://[::ffff:127.0.0.1]/',
  'http://2130706433/',
  'http://0x7f.1/',
])('assertPublicEndpoint refuses %s', async (url) => {
  await expect(assertPublicEndpoint(url, false)).rejects.toThrow('config.baseUrl must be a public address');
});

test.each(['http://127.0.0.1/v1', 'http://[::1]/v1', 'http://10.1.2.3', 'http://host.docker.internal/', 'https://nowhere.invalid/v1'])(
  '%s is an endpoint where the operator allows private ones',
  (url) => assertPublicEndpoint(url, true),
);

test.each(['http://169.254.169.254/', 'http://[::ffff:169.254.169.254]/', 'http://[fe80::1]/', 'http://[fd00:ec2::254]/'])(
  '%s is one nowhere',
  async (url) => {
    await expect(assertPublicEndpoint(url, true)).rejects.toThrow('config.baseUrl must be a public address');
  },
);

test('isThisMachine recognizes every address of this machine, also as an IPv4-mapped address', () => {
  const own = Object.values(networkInterfaces()).flatMap((all = []) => all.map(({ address }) => address));
  const mapped = own.filter((address) => isIPv4(address)).map((address) => `::ffff:${address}`);
  for (const address of ['127.0.0.9', '::1', '0.0.0.0', ...own, ...mapped])
    expect([address, isThisMachine(address)]).toEqual([address, true]);
  for (const address of ['192.0.2.1', '2001:db8::1']) expect([address, isThisMachine(address)]).toEqual([address, false]);
});

// The registries of IANA (RFC 6890): an address at each end of each network, and its public neighbours.
test.each([
  ['0.0.0.0', '0.255.255.255'],
  ['10.0.0.0', '10.255.255.255'],
  ['100.64.0.0', '100.127.255.255'],
  ['127.0.0.0', '127.255.255.255'],
  ['172.16.0.0', '172.31.255.255'],
  ['192.0.0.0', '192.0.0.255'],
  ['192.168.0.0', '192.168.255.255'],
  ['198.18.0.0', '198.19.255.255'],
  ['224.0.0.0', '255.255.255.255'],
  ['::', '::1'],
  ['fc00::', 'fdff:ffff::1'],
  ['ff00::', 'ff02::1'],
  ['64:ff9b::', '64:ff9b::a9fe:a9fe'],
])('mayReach refuses %s to %s, unless the operator allows private addresses', (first, last) => {
  for (const address of [first, last]) expect([address, mayReach(address, false), mayReach(address, true)]).toEqual([address, false, true]);
});

test.each([
  '1.1.1.1',
  '9.255.255.255',
  '11.0.0.0',
  '100.63.255.255',
  '100.128.0.0',
  '172.15.255.255',
  '172.32.0.0',
  '192.169.0.0',
  '2606:4700::1111',
])('mayReach admits %s', (address) => {
  expect(mayReach(address, false)).toBe(true);
});

// The clouds' documentation: AWS, Azure and most others, Alibaba, AWS and Google over IPv6.
test.each(['169.254.169.254', '169.254.0.0', '169.254.255.255', '100.100.100.200', 'fe80::1', 'fd00:ec2::254', 'fd20:ce::254'])(
  'mayReach refuses the metadata address %s everywhere',
  (address) => {
    expect([mayReach(address, false), mayReach(address, true)]).toEqual([false, false]);
  },
);

test.each([
  ['https://user:pass@api.example/v1?key=a#b', 'https://api.example/v1'],
  ['https://api.example/v1?api-version=1', 'https://api.example/v1'],
  ['https://user@api.example/v1', 'https://api.example/v1'],
  ['https://api.example/v1', 'https://api.example/v1'],
])('withoutCredentials of %s is %s', (url, shown) => {
  expect(withoutCredentials(url)).toBe(shown);
});
