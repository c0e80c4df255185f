import { isIPv4 } from 'node:net';
import os from 'node:os';
import { expect, jest, test } from '@jest/globals';
import {
  addressesOf,
  assertPublicEndpoint,
  containerUrlToHostUrl,
  hostOf,
  isThisMachine,
  mayReach,
  reachableLookup,
  withoutCredentials,
} from './model-endpoint.ts';

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
  const own = Object.values(os.networkInterfaces()).flatMap((all = []) => all.map(({ address }) => address));
  const mapped = own.filter((address) => isIPv4(address)).map((address) => `::ffff:${address}`);
  for (const address of ['127.0.0.9', '::1', '0.0.0.0', ...own, ...mapped])
    expect([address, isThisMachine(address)]).toEqual([address, true]);
  for (const address of ['192.0.2.1', '2001:db8::1']) expect([address, isThisMachine(address)]).toEqual([address, false]);
});

// The special-purpose registries: https://www.iana.org/assignments/iana-ipv4-special-registry and …-ipv6-special-registry
test.each([
  '0.0.0.0',
  '0.255.255.255',
  '10.0.0.0',
  '10.255.255.255',
  '100.64.0.0',
  '100.127.255.255',
  '127.0.0.1',
  '127.255.255.255',
  '172.16.0.0',
  '172.31.255.255',
  '192.0.0.1',
  '192.168.0.0',
  '192.168.255.255',
  '192.88.99.1',
  '198.18.0.0',
  '198.19.255.255',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  'fc00::',
  'fdff:ffff::1',
  'ff02::1',
  '::2',
  '::7f00:1',
  '64:ff9b::7f00:1',
  '64:ff9b:1::1',
  '100::1',
  '2001::1',
  '2001:db8::1',
  '2002:7f00:1::1',
  '3fff::1',
  '5f00::1',
  'fec0::1',
  '::ffff:10.0.0.1',
])('mayReach %s only where the operator allows private addresses', (address) => {
  expect([mayReach(address, false), mayReach(address, true)]).toEqual([false, true]);
});

test.each([
  '169.254.0.1',
  '169.254.169.254',
  '169.254.255.255',
  '100.100.100.200',
  'fe80::1',
  'febf::1',
  'fd00:ec2::254',
  'fd20:ce::254',
  '64:ff9b::a9fe:a9fe',
  '::a9fe:a9fe',
  '2002:a9fe:a9fe::1',
  '64:ff9b::6464:64c8',
  '::6464:64c8',
  '2002:6464:64c8::1',
])('mayReach %s never', (address) => {
  expect([mayReach(address, false), mayReach(address, true)]).toEqual([false, false]);
});

test.each([
  '1.0.0.0',
  '9.255.255.255',
  '11.0.0.0',
  '100.63.255.255',
  '100.128.0.0',
  '126.255.255.255',
  '128.0.0.0',
  '169.253.255.255',
  '169.255.0.0',
  '172.15.255.255',
  '172.32.0.0',
  '192.0.1.0',
  '192.167.255.255',
  '192.169.0.0',
  '198.17.255.255',
  '198.20.0.0',
  '223.255.255.255',
  '2606:4700::1111',
  'fbff::1',
  '64:ff9b:2::1',
  '2001:200::1',
  '2001:db7:ffff::1',
  '2001:db9::1',
  '3fff:1000::1',
  '192.0.3.0',
  '198.51.99.255',
  '198.51.101.0',
  '203.0.112.255',
  '203.0.114.0',
])('mayReach the public address %s', (address) => {
  expect([mayReach(address, false), mayReach(address, true)]).toEqual([true, true]);
});

test('an own public address of this machine is reached only where the operator allows private addresses', async () => {
  const own = { address: '1.2.3.4', netmask: '255.255.255.0', family: 'IPv4' as const, mac: '', internal: false, cidr: '1.2.3.4/24' };
  jest.spyOn(os, 'networkInterfaces').mockReturnValue({ eth0: [own] });
  try {
    for (const address of ['1.2.3.4', '::ffff:1.2.3.4']) expect([mayReach(address, false), mayReach(address, true)]).toEqual([false, true]);
    await expect(assertPublicEndpoint('http://1.2.3.4:9978/v1', false)).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    expect(await lookup('1.2.3.4', false, false)).toBe('1.2.3.4 has no address that the backend may connect to');
    expect(mayReach('1.2.3.5', false)).toBe(true);
  } finally {
    jest.restoreAllMocks();
  }
});

test('assertPublicEndpoint refuses every name of this machine, and accepts a public address and an unknown name', async () => {
  for (const host of ['localhost', 'a.localhost', 'host.docker.internal']) {
    await expect(assertPublicEndpoint(`http://${host}/v1`, false)).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  }
  for (const host of ['1.1.1.1', '[2606:4700::1111]', 'nowhere.invalid', 'xlocalhost.invalid']) {
    await expect(assertPublicEndpoint(`https://${host}/v1`, false)).resolves.toBeUndefined();
  }
});

test('addressesOf gives an address itself, and nothing for a name that does not resolve', async () => {
  expect(await addressesOf('192.0.2.1')).toEqual(['192.0.2.1']);
  expect(await addressesOf('nowhere.invalid')).toEqual([]);
  expect(await addressesOf('localhost')).toContain('127.0.0.1');
});

const lookup = (host: string, allowPrivate: boolean, all: boolean) =>
  new Promise((resolve) =>
    reachableLookup(allowPrivate)(host, { all }, (error, address, family) => resolve(error ? error.message : { address, family })),
  );

test('reachableLookup connects to allowed addresses alone, in both forms of a lookup', async () => {
  expect(await lookup('1.1.1.1', false, false)).toEqual({ address: '1.1.1.1', family: 4 });
  expect(await lookup('2606:4700::1111', false, false)).toEqual({ address: '2606:4700::1111', family: 6 });
  expect(await lookup('1.1.1.1', false, true)).toEqual({ address: [{ address: '1.1.1.1', family: 4 }], family: undefined });
  expect(await lookup('127.0.0.1', true, false)).toEqual({ address: '127.0.0.1', family: 4 });
  expect(await lookup('127.0.0.1', false, false)).toBe('127.0.0.1 has no address that the backend may connect to');
  expect(await lookup('169.254.169.254', true, true)).toBe('169.254.169.254 has no address that the backend may connect to');
});

test('hostOf leaves out the brackets of an IPv6 address', () => {
  expect(hostOf(new URL('http://[::1]:80/'))).toBe('::1');
  expect(hostOf(new URL('http://Models.example:80/'))).toBe('models.example');
});

test.each([
  ['https://u:p@m.example/v1?key=1#x', 'https://m.example/v1'],
  ['https://u@m.example/v1', 'https://m.example/v1'],
  ['https://:p@m.example/v1', 'https://m.example/v1'],
  ['https://m.example/v1?key=1', 'https://m.example/v1'],
  ['https://m.example/v1#key', 'https://m.example/v1'],
  // Unchanged: a URL object would append a slash.
  ['https://m.example', 'https://m.example'],
])('withoutCredentials of %s is %s', (url, clean) => {
  expect(withoutCredentials(url)).toBe(clean);
});

test.each([
  ['http://host.docker.internal:11434/v1', 'http://127.0.0.1:11434/v1'],
  ['http://host.docker.internal/', 'http://127.0.0.1'],
  ['https://m.example/v1/', 'https://m.example/v1'],
  ['https://m.example/v1', 'https://m.example/v1'],
])('containerUrlToHostUrl of %s is %s', (url, host) => {
  expect(containerUrlToHostUrl(url)).toBe(host);
});
