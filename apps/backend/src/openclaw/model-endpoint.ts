import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { AppError } from '@agentbot/contracts';

const HOST_NAME = 'host.docker.internal';

/** Networks that are nobody's business but this machine's and its neighbours'. @see https://www.iana.org/assignments/iana-ipv4-special-registry */
export const privateNetworks = {
  ipv4: [
    '0.0.0.0/8',
    '10.0.0.0/8',
    '100.64.0.0/10',
    '127.0.0.0/8',
    '169.254.0.0/16',
    '172.16.0.0/12',
    '192.0.0.0/24',
    '192.168.0.0/16',
    '198.18.0.0/15',
    '224.0.0.0/3',
  ],
  ipv6: ['::/127', 'fc00::/7', 'fe80::/10', 'ff00::/8', '64:ff9b::/96'],
};
const privateAddresses = new BlockList();
for (const type of ['ipv4', 'ipv6'] as const) {
  for (const network of privateNetworks[type]) {
    const [address = '', prefix] = network.split('/');
    privateAddresses.addSubnet(address, Number(prefix), type);
  }
}

/** Whether an address is a private, loopback or link-local one. */
export const isPrivateAddress = (address: string): boolean => privateAddresses.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

/**
 * Refuses a custom model endpoint that is, or resolves to, a private, loopback or link-local address.
 * @throws AppError INVALID_REQUEST
 */
export async function assertPublicEndpoint(baseUrl: string, allowPrivate: boolean): Promise<void> {
  if (allowPrivate) return;
  const refused = new AppError('INVALID_REQUEST', 'config.baseUrl must be a public address');
  const host = new URL(baseUrl).hostname.replace(/^\[|\]$/g, '');
  if (host === HOST_NAME || host === 'localhost' || host.endsWith('.localhost')) throw refused;
  const addresses = isIP(host) ? [host] : (await lookup(host, { all: true }).catch(() => [])).map(({ address }) => address);
  for (const address of addresses) {
    if (isPrivateAddress(address)) throw refused;
  }
}

/** The same endpoint as this process reaches it: what containers call the host is loopback here. */
export function fromThisMachine(baseUrl: string): string {
  const url = new URL(baseUrl);
  if (url.hostname === HOST_NAME) url.hostname = '127.0.0.1';
  return url.toString().replace(/\/$/, '');
}
