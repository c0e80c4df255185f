import { lookup } from 'node:dns/promises';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import os from 'node:os';
import { AppError } from '@agentbot/contracts';

/** The host's name inside containers. */
const HOST_NAME = 'host.docker.internal';

/**
 * Networks that are not public: loopback, private, link-local, multicast and reserved; in IPv6 also documentation and those
 * whose addresses contain an IPv4 address. The ranges for documentation of IPv4 are left out: no machine on the internet has
 * such an address, and closed networks use them for what stands for the internet there.
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry
 */
export const privateNetworks = {
  ipv4: [
    '0.0.0.0/8',
    '10.0.0.0/8',
    '100.64.0.0/10',
    '127.0.0.0/8',
    '169.254.0.0/16',
    '172.16.0.0/12',
    '192.0.0.0/24',
    '192.88.99.0/24',
    '192.168.0.0/16',
    '198.18.0.0/15',
    '224.0.0.0/3',
  ],
  ipv6: [
    '::/96',
    '64:ff9b::/96',
    '64:ff9b:1::/48',
    '100::/64',
    '2001::/23',
    '2001:db8::/32',
    '2002::/16',
    '3fff::/20',
    '5f00::/16',
    'fc00::/7',
    'fe80::/10',
    'fec0::/10',
    'ff00::/8',
  ],
};
/** Link-local networks and cloud metadata addresses. Metadata contains credentials, so no setting allows these addresses. */
export const forbiddenNetworks = {
  ipv4: ['169.254.0.0/16', '100.100.100.200/32'],
  ipv6: [
    'fe80::/10',
    'fd00:ec2::254/128',
    'fd20:ce::254/128',
    // The same IPv4 addresses behind NAT64, in IPv4-compatible form and in 6to4.
    '64:ff9b::a9fe:0/112',
    '64:ff9b::6464:64c8/128',
    '::a9fe:0/112',
    '::6464:64c8/128',
    '2002:a9fe::/32',
    '2002:6464:64c8::/48',
  ],
};
const loopbackNetworks = { ipv4: ['0.0.0.0/8', '127.0.0.0/8'], ipv6: ['::/127'] };

const familyOf = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

function isIn(networks: Record<'ipv4' | 'ipv6', string[]>): (address: string) => boolean {
  const list = new BlockList();
  for (const type of ['ipv4', 'ipv6'] as const) {
    for (const network of networks[type]) {
      const [address = '', prefix] = network.split('/');
      list.addSubnet(address, Number(prefix), type);
    }
  }
  return (address) => list.check(address, familyOf(address));
}
const [isPrivate, isForbidden, isLoopback] = [isIn(privateNetworks), isIn(forbiddenNetworks), isIn(loopbackNetworks)];

/** Tells whether an address belongs to this machine: a loopback address or one of its interfaces. */
export function isThisMachine(address: string): boolean {
  // Listing the interfaces is slow on a host with many agents.
  if (isLoopback(address)) return true;
  const own = new BlockList();
  for (const { address } of Object.values(os.networkInterfaces()).flatMap((list = []) => list)) own.addAddress(address, familyOf(address));
  return own.check(address, familyOf(address));
}

/**
 * Tells whether connections for a user may go to an address. This machine's own public addresses are refused like private
 * ones: a service that listens on them may count on a firewall in front. `allowPrivate` admits both.
 */
export const mayReach = (address: string, allowPrivate: boolean): boolean =>
  !isForbidden(address) && (allowPrivate || !(isPrivate(address) || isThisMachine(address)));

/** Resolves a host to its addresses, IPv4 first; empty when the name does not resolve. */
export async function addressesOf(host: string): Promise<string[]> {
  if (isIP(host)) return [host];
  return (await lookup(host, { all: true, order: 'ipv4first' }).catch(() => [])).map(({ address }) => address);
}

/** The host of a URL; an IPv6 address comes without brackets. */
export const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '');

/**
 * A DNS lookup for connections that the backend makes for a user. It checks the addresses at connect time, because a name
 * may resolve to another address than when it was saved.
 */
export function reachableLookup(allowPrivate: boolean): LookupFunction {
  return async (host, { all }, callback) => {
    const reachable = (await addressesOf(host)).filter((address) => mayReach(address, allowPrivate));
    const addresses = reachable.map((address) => ({ address, family: isIP(address) }));
    const [first] = addresses;
    if (!first) callback(new Error(`${host} has no address that the backend may connect to`), []);
    else if (all) callback(null, addresses);
    else callback(null, first.address, first.family);
  };
}

/**
 * Refuses a custom model endpoint whose host is, or resolves to, a forbidden address. A name that does not resolve is
 * accepted: its server may be added later, and each connection checks the address again.
 * @throws AppError INVALID_REQUEST
 */
export async function assertPublicEndpoint(baseUrl: string, allowPrivate: boolean): Promise<void> {
  const refused = new AppError('INVALID_REQUEST', 'config.baseUrl must be a public address');
  const host = hostOf(new URL(baseUrl));
  if (!allowPrivate && (host === HOST_NAME || host === 'localhost' || host.endsWith('.localhost'))) throw refused;
  // With `allowPrivate` a name is accepted without a lookup: it may resolve inside containers only.
  for (const address of isIP(host) || !allowPrivate ? await addressesOf(host) : []) {
    if (!mayReach(address, allowPrivate)) throw refused;
  }
}

/** Removes user, password, query and fragment from a URL: they may contain a key. A URL without these stays as it is. */
export function withoutCredentials(baseUrl: string): string {
  const url = new URL(baseUrl);
  if (!url.username && !url.password && !/[?#]/.test(baseUrl)) return baseUrl;
  return Object.assign(url, { username: '', password: '', search: '', hash: '' }).href;
}

/** Converts a URL for containers to a URL for this process: the host's name in containers becomes 127.0.0.1. */
export function containerUrlToHostUrl(baseUrl: string): string {
  const url = new URL(baseUrl);
  if (url.hostname === HOST_NAME) url.hostname = '127.0.0.1';
  return url.toString().replace(/\/$/, '');
}
