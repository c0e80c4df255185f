import { setTimeout as sleep } from 'node:timers/promises';
import { readFirewallConfig } from '../../config/config.ts';
import { installFirewall } from '../../infra/host-firewall/host-firewall.ts';

// Installs the firewall rules that close the host to agents, where the backend is not root. Runs once, or with `--watch` every
// minute, because a restart of the engine or the firewall drops the rules.
const config = readFirewallConfig();
do {
  await installFirewall(config);
  process.stdout.write(`Agents in ${config.AGENT_SUBNET} cannot reach this host\n`);
} while (process.argv.includes('--watch') && (await sleep(60_000, true)));
