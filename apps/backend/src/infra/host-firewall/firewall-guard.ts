import type { Logger } from 'pino';
import type { Config } from '../../config/config.ts';
import { installFirewall } from './host-firewall.ts';

/** The host firewall against agents, as far as this process is responsible for it. */
export interface FirewallGuard {
  /** Installs it. Idempotent; never throws. */
  ensure(): Promise<void>;
  /** Why it was not installed at the last attempt; undefined when it was, or when another process is responsible for it. */
  problem(): string | undefined;
}

const UNPROTECTED = 'The host firewall is not installed, so agents can reach services on this host: run `pnpm agents:firewall` as root';

/** Creates the guard. It needs root on the engine's own machine. It logs a problem once per process. */
export function createFirewallGuard({ config, log }: { config: Config; log: Logger }): FirewallGuard {
  const local = !config.DOCKER_HOST || config.DOCKER_HOST.startsWith('unix:');
  let warned = false;
  let problem: string | undefined;
  const warn = (err?: unknown) => {
    problem = UNPROTECTED;
    if (!warned) log.warn({ err }, UNPROTECTED);
    warned = true;
  };
  return {
    async ensure() {
      if (config.HOST_FIREWALL === 'off') return;
      if (!local || process.getuid?.() !== 0) return warn();
      await installFirewall(config).then(() => {
        problem = undefined;
      }, warn);
    },
    problem: () => problem,
  };
}
