import type { Agent, AgentState } from '../../generated/prisma/client.ts';
import { containerNames } from '../../infra/docker/layout.ts';
import { readAgentConfig } from '../../infra/openclaw/agent-config.ts';
import { withoutCredentials } from '../../infra/openclaw/model-endpoint.ts';
import { type Addresses, agentUrl, subdomain, websocketUrl } from './addresses.ts';

/** The one mapping from an agent's state to what machine clients see. */
export const backendStatus = (state: AgentState) => (state === 'running' ? 'active' : state);

/** A row of the backend's list. */
export const listedAgent = (agent: Agent, config: Addresses) => ({
  id: agent.id,
  status: backendStatus(agent.state),
  created: agent.createdAt.toISOString(),
  subdomain: subdomain(agent, config),
  url: agentUrl(agent, config),
});

/** What provisioning answers, and, with `updatedAt`, a row of the web's lists. */
export const provisionedAgent = (agent: Agent, config: Addresses) => ({
  id: agent.id,
  name: agent.name,
  status: agent.state,
  websocketUrl: websocketUrl(agent, config),
  model: agent.model,
  createdAt: agent.createdAt.toISOString(),
});
export const webAgent = (agent: Agent, config: Addresses) => ({
  ...provisionedAgent(agent, config),
  updatedAt: agent.updatedAt.toISOString(),
});

export const createdAgent = (agent: Agent, config: Addresses) => ({
  id: agent.id,
  name: agent.name,
  agentId: agent.id,
  status: backendStatus(agent.state),
  subdomain: subdomain(agent, config),
  url: agentUrl(agent, config),
  createdAt: agent.createdAt.toISOString(),
});

export const agentDetails = (agent: Agent, config: Addresses) => ({
  id: agent.id,
  status: backendStatus(agent.state),
  startedAt: agent.startedAt?.toISOString() ?? null,
  plan: agent.plan,
  subdomain: subdomain(agent, config),
  url: agentUrl(agent, config),
  openclawVersion: agent.openclawVersion,
  verified: agent.verified,
  verificationType: agent.verificationType,
  attestationUid: agent.attestationUid,
  verifiedAt: agent.verifiedAt?.toISOString() ?? null,
});

export const updatedAgent = (agent: Agent, config: Addresses) => ({
  id: agent.id,
  plan: agent.plan,
  aiProvider: agent.aiProvider,
  subdomain: subdomain(agent, config),
  status: backendStatus(agent.state),
  message: 'Agent updated' as const,
});

/** The stored configuration; secrets never stand in it. */
export function agentConfigView(agent: Agent) {
  const config = readAgentConfig(agent);
  return { ...config, ...(config.baseUrl && { baseUrl: withoutCredentials(config.baseUrl) }) };
}

export const deployment = (agent: Agent, config: Addresses) => ({
  id: `deploy-${agent.id}`,
  agentId: agent.id,
  subdomain: subdomain(agent, config),
  url: agentUrl(agent, config),
  status: backendStatus(agent.state),
  openclawVersion: agent.openclawVersion,
});

/** An agent that runs in a container, as the list of instances shows it. */
export const instance = (agent: Agent) => ({
  agentId: agent.id,
  name: containerNames(agent.id).container,
  image: agent.image ?? '',
  status: 'running' as const,
  createdAt: agent.createdAt.toISOString(),
  version: agent.openclawVersion,
  metadata: null,
});

/** An instance as the web's lifecycle pages show it; `userId` is the agent's id. */
export const instanceDetails = (agent: Agent, config: Addresses) => ({
  userId: agent.id,
  status: agent.state,
  startedAt: agent.startedAt?.toISOString() ?? null,
  subdomain: subdomain(agent, config),
  url: agentUrl(agent, config),
  plan: agent.plan,
  openclawVersion: agent.openclawVersion,
});
