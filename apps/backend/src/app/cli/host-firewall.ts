import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { readFirewallConfig } from '../../config/config.ts';
import { installFirewall } from '../../infra/host-firewall/host-firewall.ts';

// Installs the firewall rules that close the host to agents, where the backend is not root. Runs once, or with `--watch` every
// minute, because a restart of the engine or the firewall drops the rules.
const config = readFirewallConfig();
/**
 * Where compose gives the service the host's settings of IPv4. With this one (Linux 5.14 and newer), a connection that waits at a
 * process that stops listening goes to another one with the same port: no request is lost when a backend is replaced.
 * @see https://docs.kernel.org/networking/ip-sysctl.html tcp_migrate_req
 */
const MIGRATE_CONNECTIONS = '/run/ipv4/tcp_migrate_req';
if (existsSync(MIGRATE_CONNECTIONS)) writeFileSync(MIGRATE_CONNECTIONS, '1');
do {
  await installFirewall(config);
  process.stdout.write(`Agents in ${config.AGENT_SUBNET} cannot reach this host\n`);
} while (process.argv.includes('--watch') && (await sleep(60_000, true)));
