import { isIP, isIPv6 } from 'node:net';

/** The eight groups of an IPv6 address in hexadecimal, without leading zeros. */
function groupsOf(address: string): string[] {
  // A URL has the shortest form of an address. It accepts no zone.
  const canonical = new URL(`http://[${address.replace(/%.*/, '')}]`).hostname.slice(1, -1);
  const [left = [], right] = canonical.split('::').map((part) => part.split(':').filter(Boolean));
  return right ? [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right] : left;
}

/** An IPv4-mapped IPv6 address (`::ffff:192.0.2.1`) as IPv4; every other text unchanged. */
export function unmapped(address: string): string {
  if (!isIPv6(address)) return address;
  const groups = groupsOf(address);
  if (groups.slice(0, 6).join(':') !== '0:0:0:0:0:ffff') return address;
  return groups
    .slice(6)
    .flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff])
    .join('.');
}

/**
 * The block of addresses that one client has: an IPv4 address, or the /64 of an IPv6 address, since a network gives each
 * subscriber at least a /64 (RFC 6177). A text that is not an address stays as it is.
 */
export function clientBlock(address: string): string {
  const plain = unmapped(address);
  return isIP(plain) === 6 ? `${groupsOf(plain).slice(0, 4).join(':')}::/64` : plain;
}
