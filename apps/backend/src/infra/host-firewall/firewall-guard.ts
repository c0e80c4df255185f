import type { Logger } from 'pino';
import type { Config } from '../../config/config.ts';
import { installFirewall } from './host-firewall.ts';

/**
 * Returns a function that installs the host firewall. It needs root on the engine's own machine; without that, or when
 * the installation fails, it logs one warning per process and never throws.
 */
export function createFirewallGuard({ config, log }: { config: Config; log: Logger }): () => Promise<void> {
  const local = !config.DOCKER_HOST || config.DOCKER_HOST.startsWith('unix:');
  let warned = false;
  const warn = (err?: unknown) => {
    if (!warned)
      log.warn(
        { err },
        'the host firewall is not installed, so agents can reach services on this host: run `pnpm agents:firewall` as root',
      );
    warned = true;
  };
  return async () => {
    if (config.HOST_FIREWALL === 'off') return;
    if (!local || process.getuid?.() !== 0) return warn();
    await installFirewall(config).catch(warn);
  };
}
