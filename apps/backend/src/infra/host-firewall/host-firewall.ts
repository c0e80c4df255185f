import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { isIPv4 } from 'node:net';
import { promisify } from 'node:util';
import type { Config } from '../../config/config.ts';
import { restrictedSubnet } from '../docker/slots.ts';
import { privateNetworks } from '../openclaw/model-endpoint.ts';

const run = promisify(execFile);
/** Instances' metadata, with credentials in it, at most clouds; nobody may allow that. */
const LINK_LOCAL = '169.254.0.0/16';
const ENGINE_BRIDGE = 'docker0';

interface Rules {
  /** The /16 that agents' networks are cut from. */
  subnet: string;
  /** Network of the address under which containers know the host (`host.docker.internal`); given when agents may use it. */
  host: string | undefined;
  /** Where this machine resolves names; agents ask there too. */
  nameservers: string[];
  /** Where the connections of agents with a list of domains are sent; without it they have no way out. */
  egressPort: number | undefined;
}

const chains = (subnet: string) => {
  const [a, b] = subnet.split('.');
  return { toHost: `AGENTBOT-HOST-${a}.${b}`, through: `AGENTBOT-FWD-${a}.${b}`, out: `AGENTBOT-OUT-${a}.${b}` };
};

/**
 * What agents may not reach, for `iptables-restore --noflush`: nothing on this host itself, and no private network; the
 * engine keeps their own networks apart, and everything public stays open; to those with a list of domains by way of the
 * egress proxy alone.
 */
export function firewallRules({ subnet, host, nameservers, egressPort }: Rules): string {
  const { toHost, through, out } = chains(subnet);
  const limited = restrictedSubnet(subnet);
  const back = '-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN';
  const names = (chain: string) =>
    nameservers.flatMap((address) => ['udp', 'tcp'].map((protocol) => `-A ${chain} -d ${address} -p ${protocol} --dport 53 -j RETURN`));
  const closed = host ? [] : privateNetworks.ipv4.map((network) => `-A ${through} -d ${network} -j REJECT`);
  return [
    '*filter',
    `:${toHost} - [0:0]`,
    `:${through} - [0:0]`,
    `-A ${toHost} ${back}`,
    ...names(toHost),
    ...(host ? [`-A ${toHost} -d ${host} -j RETURN`] : []),
    ...(egressPort ? [`-A ${toHost} -s ${limited} -p tcp --dport ${egressPort} -j RETURN`] : []),
    `-A ${toHost} -j REJECT`,
    `-A ${through} ${back}`,
    ...names(through),
    // The engine decides who of them reaches whom: an agent its own network, and no other.
    `-A ${through} -d ${subnet} -j RETURN`,
    `-A ${through} -s ${limited} -j REJECT`,
    `-A ${through} -d ${LINK_LOCAL} -j REJECT`,
    ...closed,
    'COMMIT',
    '*nat',
    `:${out} - [0:0]`,
    ...nameservers.map((address) => `-A ${out} -d ${address} -j RETURN`),
    // What is on this host is the other chain's affair.
    `-A ${out} -m addrtype --dst-type LOCAL -j RETURN`,
    ...(egressPort ? [`-A ${out} -p tcp -j REDIRECT --to-ports ${egressPort}`] : []),
    'COMMIT',
    '',
  ].join('\n');
}

async function nameserversOfHost(): Promise<string[]> {
  const text = await readFile('/etc/resolv.conf', 'utf8').catch(() => '');
  const found = [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map(([, address = '']) => address);
  return found.filter((address) => isIPv4(address) && !address.startsWith('127.'));
}

/** `0011AC` and `0000FFFF` of the kernel's table, lowest byte first, as `172.17.0.0/16`. */
function network(destination: string, mask: string): string {
  const bytes = (hex: string) =>
    hex
      .match(/../g)
      ?.map((byte) => Number.parseInt(byte, 16))
      .reverse() ?? [];
  const prefix = bytes(mask).reduce((ones, byte) => ones + byte.toString(2).replaceAll('0', '').length, 0);
  return `${bytes(destination).join('.')}/${prefix}`;
}

/**
 * The network in which this host has the address that `host-gateway` stands for, unless the engine was told otherwise: its
 * first bridge's, which has no carrier, and so is no interface to Node, while nobody uses it.
 */
async function hostNetwork(): Promise<string | undefined> {
  const lines = (await readFile('/proc/net/route', 'utf8').catch(() => '')).split('\n').map((line) => line.split(/\s+/));
  const [, destination, , , , , , mask] = lines.find(([name]) => name === ENGINE_BRIDGE) ?? [];
  return destination && mask && network(destination, mask);
}

/** Changes the packet filter in one transaction. @throws Error with what `iptables-restore` said */
async function restore(rules: string): Promise<void> {
  const restoring = spawn('iptables-restore', ['-w', '10', '--noflush'], { stdio: ['pipe', 'ignore', 'pipe'] });
  const said: Buffer[] = [];
  restoring.stderr.on('data', (chunk: Buffer) => said.push(chunk));
  restoring.stdin.on('error', () => undefined);
  restoring.stdin.end(rules);
  const [code] = (await once(restoring, 'close')) as [number | null];
  if (code !== 0) throw new Error(`iptables-restore ended with ${code}: ${Buffer.concat(said).toString().trim()}`);
}

/**
 * Moves a jump to a chain to the head of another, unless only its like stand above it: below what others let in, it closes
 * nothing. There is one of it afterwards.
 */
async function jump(table: string, from: string, subnet: string, to: string): Promise<void> {
  const { stdout } = await run('iptables', ['-w', '10', '-t', table, '-S', from]);
  const rules = stdout.split('\n').filter((line) => line.startsWith('-A'));
  const rule = `${from} -s ${subnet} -j ${to}`;
  const present = rules.filter((line) => line === `-A ${rule}`);
  const at = rules.indexOf(`-A ${rule}`);
  if (present.length === 1 && rules.slice(0, at).every((line) => line.includes(' -j AGENTBOT-'))) return;
  const removals = present.map(() => `-D ${rule}`);
  await restore([`*${table}`, ...removals, `-I ${from} 1 -s ${subnet} -j ${to}`, 'COMMIT', ''].join('\n'));
}

/**
 * Closes this host and its private networks to agents. It can be repeated, and replaces its own rules alone.
 * @throws Error when this process may not, or the machine has no iptables
 */
export async function installFirewall({
  AGENT_SUBNET,
  ALLOW_PRIVATE_MODEL_ENDPOINTS,
  EGRESS_PORT,
}: Pick<Config, 'AGENT_SUBNET' | 'ALLOW_PRIVATE_MODEL_ENDPOINTS' | 'EGRESS_PORT'>): Promise<void> {
  const nameservers = await nameserversOfHost();
  const host = ALLOW_PRIVATE_MODEL_ENDPOINTS ? await hostNetwork() : undefined;
  await restore(firewallRules({ subnet: AGENT_SUBNET, host, nameservers, egressPort: EGRESS_PORT }));
  const { toHost, through, out } = chains(AGENT_SUBNET);
  await jump('filter', 'INPUT', AGENT_SUBNET, toHost);
  await jump('filter', 'DOCKER-USER', AGENT_SUBNET, through);
  await jump('nat', 'PREROUTING', restrictedSubnet(AGENT_SUBNET), out);
}

/** Takes the rules away again. */
export async function removeFirewall(subnet: string): Promise<void> {
  const { toHost, through, out } = chains(subnet);
  for (const [table, from, source, chain] of [
    ['filter', 'INPUT', subnet, toHost],
    ['filter', 'DOCKER-USER', subnet, through],
    ['nat', 'PREROUTING', restrictedSubnet(subnet), out],
  ] as const) {
    const iptables = (...given: string[]) => run('iptables', ['-w', '10', '-t', table, ...given]).catch(() => undefined);
    // Every one of them: others may have pushed it down, and it was put above them again.
    while (await iptables('-D', from, '-s', source, '-j', chain));
    for (const verb of ['-F', '-X']) await iptables(verb, chain);
  }
}
