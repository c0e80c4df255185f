import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { readFirewallConfig } from '../../config/config.ts';
import { installFirewall } from '../../infra/host-firewall/host-firewall.ts';

// Installs the firewall rules that close the host to agents, where the backend is not root. Runs once, or with `--watch` every
// minute, because a restart of the engine or the firewall drops the rules.
const config = readFirewallConfig();
/**
 * A setting of the host's IPv4, which compose mounts here. With it, a connection that waits at a process that stops listening goes to
 * another process with the same port: no request is lost when a backend is replaced. Linux before 5.14 does not have it.
 * @see https://docs.kernel.org/networking/ip-sysctl.html tcp_migrate_req
 */
const MIGRATE_CONNECTIONS = '/run/ipv4/tcp_migrate_req';
try {
  if (existsSync(MIGRATE_CONNECTIONS)) writeFileSync(MIGRATE_CONNECTIONS, '1');
} catch (error) {
  // The rules below matter more.
  process.stderr.write(`An upgrade may fail single requests: tcp_migrate_req could not be set (${(error as Error).message})\n`);
}
do {
  await installFirewall(config);
  process.stdout.write(`Agents in ${config.AGENT_SUBNET} cannot reach this host\n`);
} while (process.argv.includes('--watch') && (await sleep(60_000, true)));
