import type { Config } from '../../config/config.ts';
import type { Agent } from '../../generated/prisma/client.ts';

export type Addresses = Pick<Config, 'AGENTS_DOMAIN' | 'PROVISION_DOMAIN' | 'GATEWAY_PUBLIC_URL'>;

type AgentAddress = Pick<Agent, 'id' | 'hostPrefix'>;

/** Prefix of the host names of agents from `POST /api/provision`. Ids of other agents must not start with it. */
export const PROVISIONED_PREFIX = 'dj-';

/** The label of the host name that the test of the installation's domain asks for. It may have a certificate without an agent. */
export const TEST_LABEL = 'setup-test';

/** The agent's host name. Agents from `POST /api/provision` use a prefix and PROVISION_DOMAIN; others use AGENTS_DOMAIN. */
export const subdomain = ({ id, hostPrefix }: AgentAddress, config: Addresses) =>
  `${hostPrefix}${id}.${hostPrefix ? config.PROVISION_DOMAIN : config.AGENTS_DOMAIN}`;

/** An id of the platform's own form, and the beginning of the host name that a certificate may have for it. */
const OWN_ID = /^agent_(?=[a-z0-9]{12}\b)/;
const CERTIFIABLE = /^agent-(?=[a-z0-9]{12}$)/;

/**
 * The ids that the first label of a host name may mean, the likelier one first, in lower case. No public authority gives a
 * certificate for a name with an underscore, so `agent-…` also stands for the id `agent_…` (docs/adr/0025-certifiable-names.md).
 */
export function idsOfLabel(label: string): string[] {
  const id = label.toLowerCase();
  return CERTIFIABLE.test(id) ? [id, id.replace(CERTIFIABLE, 'agent_')] : [id];
}

/** The parsed public URL of each configuration: a list parses it once, and not for each of its rows. */
const publicUrls = new WeakMap<Addresses, URL>();
function publicUrl(config: Addresses): URL {
  const url = publicUrls.get(config) ?? new URL(config.GATEWAY_PUBLIC_URL);
  publicUrls.set(config, url);
  return url;
}

/** The agent's own URL, with the protocol and port of GATEWAY_PUBLIC_URL. With HTTPS its host name can have a certificate. */
export function agentUrl(agent: AgentAddress, config: Addresses): string {
  const { protocol, port } = publicUrl(config);
  const host = subdomain(agent, config);
  return `${protocol}//${protocol === 'https:' ? host.replace(OWN_ID, 'agent-') : host}${port && `:${port}`}`;
}

/** The URL of the agent's gateway for WebSocket clients. */
export function websocketUrl(agent: Pick<Agent, 'id'>, config: Addresses): string {
  return `${config.GATEWAY_PUBLIC_URL.replace('http', 'ws').replace(/\/$/, '')}/agent/${agent.id}`;
}
