import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { isIPv4 } from 'node:net';
import { promisify } from 'node:util';
import type { Config } from '../../config/config.ts';
import { restrictedSubnet } from '../docker/slots.ts';
import { forbiddenNetworks, privateNetworks } from '../openclaw/model-endpoint.ts';

const run = promisify(execFile);

interface Rules {
  /** The /16 that contains all agents' networks. */
  subnet: string;
  /** DNS servers of this machine; agents use them too. */
  nameservers: string[];
  /** Port of the egress proxy, for agents restricted to a list of domains; undefined blocks all their connections. */
  egressPort: number | undefined;
  /** Port of the model gateway: all agents reach it. */
  modelGatewayPort: number;
}

const chains = (subnet: string) => {
  const [a, b] = subnet.split('.');
  return { input: `AGENTBOT-HOST-${a}.${b}`, forward: `AGENTBOT-FWD-${a}.${b}`, egress: `AGENTBOT-OUT-${a}.${b}` };
};

/**
 * The rules for `iptables-restore --noflush`. Agents may not reach this host, but for its model gateway, nor a
 * private network; public addresses stay open. Agents restricted to a list of domains reach them through the egress proxy only.
 */
export function firewallRules({ subnet, nameservers, egressPort, modelGatewayPort }: Rules): string {
  const { input, forward, egress } = chains(subnet);
  const restricted = restrictedSubnet(subnet);
  const allowReplies = '-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN';
  const allowDns = (chain: string) =>
    nameservers.flatMap((address) => ['udp', 'tcp'].map((protocol) => `-A ${chain} -d ${address} -p ${protocol} --dport 53 -j RETURN`));
  const rejected = [...forbiddenNetworks.ipv4, ...privateNetworks.ipv4];
  return [
    '*filter',
    `:${input} - [0:0]`,
    `:${forward} - [0:0]`,
    `-A ${input} ${allowReplies}`,
    ...allowDns(input),
    `-A ${input} -d ${subnet} -p tcp --dport ${modelGatewayPort} -j RETURN`,
    ...(egressPort ? [`-A ${input} -s ${restricted} -p tcp --dport ${egressPort} -j RETURN`] : []),
    `-A ${input} -j REJECT`,
    `-A ${forward} ${allowReplies}`,
    ...allowDns(forward),
    // The engine's own rules isolate agents' networks from each other.
    `-A ${forward} -d ${subnet} -j RETURN`,
    `-A ${forward} -s ${restricted} -j REJECT`,
    ...rejected.map((network) => `-A ${forward} -d ${network} -j REJECT`),
    'COMMIT',
    '*nat',
    `:${egress} - [0:0]`,
    ...nameservers.map((address) => `-A ${egress} -d ${address} -j RETURN`),
    // The input chain filters connections to this host.
    `-A ${egress} -m addrtype --dst-type LOCAL -j RETURN`,
    ...(egressPort ? [`-A ${egress} -p tcp -j REDIRECT --to-ports ${egressPort}`] : []),
    'COMMIT',
    '',
  ].join('\n');
}

async function nameserversOfHost(): Promise<string[]> {
  const text = await readFile('/etc/resolv.conf', 'utf8').catch(() => '');
  const addresses = [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map(([, address = '']) => address);
  return addresses.filter((address) => isIPv4(address) && !address.startsWith('127.'));
}

/** Applies rules in one transaction. @throws Error with the error output of `iptables-restore` */
async function restore(rules: string): Promise<void> {
  const restoring = spawn('iptables-restore', ['-w', '10', '--noflush'], { stdio: ['pipe', 'ignore', 'pipe'] });
  const errorOutput: Buffer[] = [];
  restoring.stderr.on('data', (chunk: Buffer) => errorOutput.push(chunk));
  restoring.stdin.on('error', () => undefined);
  restoring.stdin.end(rules);
  const [code] = (await once(restoring, 'close')) as [number | null];
  if (code !== 0) throw new Error(`iptables-restore ended with ${code}: ${Buffer.concat(errorOutput).toString().trim()}`);
}

/**
 * Puts a jump from chain `from` to chain `to` at the head of `from`, exactly once: an accept rule of another program above
 * it would bypass it. A jump that has only Agentbot's jumps above it stays in place.
 */
async function jump(table: string, from: string, subnet: string, to: string): Promise<void> {
  const { stdout } = await run('iptables', ['-w', '10', '-t', table, '-S', from]);
  const rules = stdout.split('\n').filter((line) => line.startsWith('-A'));
  const rule = `${from} -s ${subnet} -j ${to}`;
  const present = rules.filter((line) => line === `-A ${rule}`);
  const index = rules.indexOf(`-A ${rule}`);
  if (present.length === 1 && rules.slice(0, index).every((line) => line.includes(' -j AGENTBOT-'))) return;
  const removals = present.map(() => `-D ${rule}`);
  await restore([`*${table}`, ...removals, `-I ${from} 1 -s ${subnet} -j ${to}`, 'COMMIT', ''].join('\n'));
}

/**
 * Blocks agents from this host and its private networks. Idempotent; replaces only its own rules.
 * @throws Error when this process has no right to change the rules, or the machine has no iptables
 */
export async function installFirewall({
  AGENT_SUBNET,
  EGRESS_PORT,
  MODEL_GATEWAY_PORT,
}: Pick<Config, 'AGENT_SUBNET' | 'EGRESS_PORT' | 'MODEL_GATEWAY_PORT'>): Promise<void> {
  const nameservers = await nameserversOfHost();
  await restore(firewallRules({ subnet: AGENT_SUBNET, nameservers, egressPort: EGRESS_PORT, modelGatewayPort: MODEL_GATEWAY_PORT }));
  const { input, forward, egress } = chains(AGENT_SUBNET);
  await jump('filter', 'INPUT', AGENT_SUBNET, input);
  await jump('filter', 'DOCKER-USER', AGENT_SUBNET, forward);
  await jump('nat', 'PREROUTING', restrictedSubnet(AGENT_SUBNET), egress);
}

/** Removes the rules of `installFirewall`. Idempotent; ignores errors of iptables. */
export async function removeFirewall(subnet: string): Promise<void> {
  const { input, forward, egress } = chains(subnet);
  for (const [table, from, source, chain] of [
    ['filter', 'INPUT', subnet, input],
    ['filter', 'DOCKER-USER', subnet, forward],
    ['nat', 'PREROUTING', restrictedSubnet(subnet), egress],
  ] as const) {
    const iptables = (...args: string[]) => run('iptables', ['-w', '10', '-t', table, ...args]).catch(() => undefined);
    // Deletes every copy of the jump, not only the first.
    while (await iptables('-D', from, '-s', source, '-j', chain));
    for (const verb of ['-F', '-X']) await iptables(verb, chain);
  }
}
