import { isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { expect, test } from '@jest/globals';
import { assertPublicEndpoint, isThisMachine } from './model-endpoint.ts';

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
