import { setTimeout as sleep } from 'node:timers/promises';
import { readFirewallConfig } from '../../config/config.ts';
import { installFirewall } from '../../infra/host-firewall/host-firewall.ts';

// Closes the host to agents where the backend may not: as root, once, or with `--watch` again every minute, since a restarted
// engine or firewall drops the rules.
const config = readFirewallConfig();
do {
  await installFirewall(config);
  process.stdout.write(`Agents in ${config.AGENT_SUBNET} cannot reach this host\n`);
} while (process.argv.includes('--watch') && (await sleep(60_000, true)));
