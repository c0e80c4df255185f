import type { Config } from '../../config/config.ts';
import type { Agent } from '../../generated/prisma/client.ts';

export type Addresses = Pick<Config, 'AGENTS_DOMAIN' | 'PROVISION_DOMAIN' | 'GATEWAY_PUBLIC_URL'>;

type AgentAddress = Pick<Agent, 'id' | 'hostPrefix'>;

/** Prefix of the host names of agents from `POST /api/provision`. Ids of other agents must not start with it. */
export const PROVISIONED_PREFIX = 'dj-';

/** The agent's host name. Agents from `POST /api/provision` use a prefix and PROVISION_DOMAIN; others use AGENTS_DOMAIN. */
export const subdomain = ({ id, hostPrefix }: AgentAddress, config: Addresses) =>
  `${hostPrefix}${id}.${hostPrefix ? config.PROVISION_DOMAIN : config.AGENTS_DOMAIN}`;

/** The parsed public URL of each configuration: a list parses it once, and not for each of its rows. */
const publicUrls = new WeakMap<Addresses, URL>();
function publicUrl(config: Addresses): URL {
  const url = publicUrls.get(config) ?? new URL(config.GATEWAY_PUBLIC_URL);
  publicUrls.set(config, url);
  return url;
}

/** The agent's own URL, with the protocol and port of GATEWAY_PUBLIC_URL. */
export function agentUrl(agent: AgentAddress, config: Addresses): string {
  const { protocol, port } = publicUrl(config);
  return `${protocol}//${subdomain(agent, config)}${port && `:${port}`}`;
}

/** The URL of the agent's gateway for WebSocket clients. */
export function websocketUrl(agent: Pick<Agent, 'id'>, config: Addresses): string {
  return `${config.GATEWAY_PUBLIC_URL.replace('http', 'ws').replace(/\/$/, '')}/agent/${agent.id}`;
}
