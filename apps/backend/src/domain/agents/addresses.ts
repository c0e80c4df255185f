import type { Config } from '../../config/config.ts';
import type { Agent } from '../../generated/prisma/client.ts';

export type Addresses = Pick<Config, 'AGENTS_DOMAIN' | 'PROVISION_DOMAIN' | 'GATEWAY_PUBLIC_URL'>;

type Addressed = Pick<Agent, 'id' | 'hostPrefix'>;

/** Host names of agents made by `POST /api/provision` begin with it; no other agent's id may. */
export const PROVISIONED_PREFIX = 'dj-';

/** The agent's host name; those of `POST /api/provision` have a prefix and a domain of their own. */
export const subdomain = ({ id, hostPrefix }: Addressed, config: Addresses) =>
  `${hostPrefix}${id}.${hostPrefix ? config.PROVISION_DOMAIN : config.AGENTS_DOMAIN}`;

/** The agent's own address on the gateway port. */
export function agentUrl(agent: Addressed, config: Addresses): string {
  const { protocol, port } = new URL(config.GATEWAY_PUBLIC_URL);
  return `${protocol}//${subdomain(agent, config)}${port && `:${port}`}`;
}

/** The address of the agent’s gateway for WebSocket clients. */
export function websocketUrl(agent: Pick<Agent, 'id'>, config: Addresses): string {
  return `${config.GATEWAY_PUBLIC_URL.replace(/^http/, 'ws').replace(/\/$/, '')}/agent/${agent.id}`;
}
