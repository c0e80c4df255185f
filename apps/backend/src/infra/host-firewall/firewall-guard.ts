import type { Logger } from 'pino';
import type { Config } from '../../config/config.ts';
import { installFirewall } from './host-firewall.ts';

/**
 * Closes the host to agents, when this process may: as root, on the engine's own machine. It never throws; where the host
 * stays open, the log says so once, with what to do.
 */
export function createFirewallGuard({ config, log }: { config: Config; log: Logger }): () => Promise<void> {
  const local = !config.DOCKER_HOST || config.DOCKER_HOST.startsWith('unix:');
  let said = false;
  const warn = (err?: unknown) => {
    if (!said) log.warn({ err }, 'agents can reach what listens on this host: run `pnpm agents:firewall` as root');
    said = true;
  };
  return async () => {
    if (config.HOST_FIREWALL === 'off') return;
    if (!local || process.getuid?.() !== 0) return warn();
    await installFirewall(config).catch(warn);
  };
}
