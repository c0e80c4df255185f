import type { Agent, AgentState } from '../../generated/prisma/client.ts';
import { containerNames } from '../../infra/docker/layout.ts';
import { readAgentConfig } from '../../infra/openclaw/agent-config.ts';
import { withoutCredentials } from '../../infra/openclaw/model-endpoint.ts';
import { type Addresses, agentUrl, subdomain, websocketUrl } from './addresses.ts';
import type { AgentListRow, AgentSummary } from './read-agents.ts';

/** The agent's status in backend responses: `active` for a running agent, else its state. */
export const backendStatus = (state: AgentState) => (state === 'running' ? 'active' : state);

/** A row of the backend's agent list. */
export const listedAgent = (agent: AgentListRow, config: Addresses) => ({
  id: agent.id,
  status: backendStatus(agent.state),
  created: agent.createdAt.toISOString(),
  subdomain: subdomain(agent, config),
  url: agentUrl(agent, config),
});

/** The agent in a provisioning response. */
export const provisionedAgent = (agent: Omit<AgentListRow, 'updatedAt'>, config: Addresses) => ({
  id: agent.id,
  name: agent.name,
  status: agent.state,
  websocketUrl: websocketUrl(agent, config),
  model: agent.model,
  createdAt: agent.createdAt.toISOString(),
});

/** A row of the web's agent list. */
export const webAgent = (agent: AgentListRow, config: Addresses) => ({
  ...provisionedAgent(agent, config),
  updatedAt: agent.updatedAt.toISOString(),
});

/** The response of `POST /api/agents`. */
export const createdAgent = (agent: Agent, config: Addresses) => ({
  id: agent.id,
  name: agent.name,
  agentId: agent.id,
  status: backendStatus(agent.state),
  subdomain: subdomain(agent, config),
  url: agentUrl(agent, config),
  createdAt: agent.createdAt.toISOString(),
});

/** The response of `GET /api/agents/:id`. */
export const agentDetails = (agent: AgentSummary, config: Addresses) => ({
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

/** The response of `PUT /api/agents/:id`. */
export const updatedAgent = (agent: Agent, config: Addresses) => ({
  id: agent.id,
  plan: agent.plan,
  aiProvider: agent.aiProvider,
  subdomain: subdomain(agent, config),
  status: backendStatus(agent.state),
  message: 'Agent updated' as const,
});

/** The stored configuration. It contains no secrets; credentials in `baseUrl` are removed. */
export function agentConfigView(agent: Agent) {
  const config = readAgentConfig(agent);
  return { ...config, ...(config.baseUrl && { baseUrl: withoutCredentials(config.baseUrl) }) };
}

/** The agent as a deployment. */
export const deployment = (agent: Agent, config: Addresses) => ({
  id: `deploy-${agent.id}`,
  agentId: agent.id,
  subdomain: subdomain(agent, config),
  url: agentUrl(agent, config),
  status: backendStatus(agent.state),
  openclawVersion: agent.openclawVersion,
});

/** A running agent as a row of the instance list. */
export const instance = (agent: Agent) => ({
  agentId: agent.id,
  name: containerNames(agent.id).container,
  image: agent.image ?? '',
  status: 'running' as const,
  createdAt: agent.createdAt.toISOString(),
  version: agent.openclawVersion,
  metadata: null,
});

/** The instance in the web's lifecycle responses; `userId` is the agent's id. */
export const instanceDetails = (agent: Agent, config: Addresses) => ({
  userId: agent.id,
  status: agent.state,
  startedAt: agent.startedAt?.toISOString() ?? null,
  subdomain: subdomain(agent, config),
  url: agentUrl(agent, config),
  plan: agent.plan,
  openclawVersion: agent.openclawVersion,
});
