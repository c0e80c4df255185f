import { lookup } from 'node:dns/promises';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { networkInterfaces } from 'node:os';
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
/** Link-local ones, and where clouds serve instances' metadata, with credentials in it: nobody may allow that. */
const forbiddenNetworks = {
  ipv4: ['169.254.0.0/16', '100.100.100.200/32'],
  ipv6: ['fe80::/10', 'fd00:ec2::254/128', 'fd20:ce::254/128'],
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

/** Whether an address may be gone to for a user: a public one, or with the operator's leave one that is private or loopback. */
export const mayReach = (address: string, allowPrivate: boolean): boolean => !isForbidden(address) && (allowPrivate || !isPrivate(address));

/** Whether an address is this machine's, by loopback or by one of its interfaces. */
export function isThisMachine(address: string): boolean {
  const own = new BlockList();
  for (const each of Object.values(networkInterfaces()).flatMap((all = []) => all)) own.addAddress(each.address, familyOf(each.address));
  return isLoopback(address) || own.check(address, familyOf(address));
}

/** The addresses of a host, IPv4 first; none when its name does not resolve. */
export async function addressesOf(host: string): Promise<string[]> {
  if (isIP(host)) return [host];
  return (await lookup(host, { all: true, order: 'ipv4first' }).catch(() => [])).map(({ address }) => address);
}

/** The host of a URL; of an IPv6 address without its brackets. */
export const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '');

/** How a connection for a user finds its server: nothing but what may be reached, whatever the name stood for when it was saved. */
export function reachableLookup(allowPrivate: boolean): LookupFunction {
  return async (host, { all }, callback) => {
    const found = (await addressesOf(host)).filter((address) => mayReach(address, allowPrivate));
    const addresses = found.map((address) => ({ address, family: isIP(address) }));
    const [first] = addresses;
    if (!first) callback(new Error(`${host} has no address that may be reached`), []);
    else if (all) callback(null, addresses);
    else callback(null, first.address, first.family);
  };
}

/**
 * Refuses a custom model endpoint that is, or resolves to, an address that may not be reached. A name that does not resolve
 * is taken: its server may come later, and whoever connects looks again.
 * @throws AppError INVALID_REQUEST
 */
export async function assertPublicEndpoint(baseUrl: string, allowPrivate: boolean): Promise<void> {
  const refused = new AppError('INVALID_REQUEST', 'config.baseUrl must be a public address');
  const host = hostOf(new URL(baseUrl));
  if (!allowPrivate && (host === HOST_NAME || host === 'localhost' || host.endsWith('.localhost'))) throw refused;
  // With the operator's leave nothing that has a name is refused here, and a name may be known to containers alone.
  for (const address of isIP(host) || !allowPrivate ? await addressesOf(host) : []) {
    if (!mayReach(address, allowPrivate)) throw refused;
  }
}

/** An endpoint's address without what may be a key in it; one that has none of that is given back as it is written. */
export function withoutCredentials(baseUrl: string): string {
  const url = new URL(baseUrl);
  if (!url.username && !url.password && !/[?#]/.test(baseUrl)) return baseUrl;
  return Object.assign(url, { username: '', password: '', search: '', hash: '' }).href;
}

/** The same endpoint as this process reaches it: what containers call the host is loopback here. */
export function fromThisMachine(baseUrl: string): string {
  const url = new URL(baseUrl);
  if (url.hostname === HOST_NAME) url.hostname = '127.0.0.1';
  return url.toString().replace(/\/$/, '');
}
