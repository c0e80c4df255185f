import type { OverviewRow } from '@agentbot/contracts';
import type { Agent } from '../../generated/prisma/client.ts';
import type { AgentContainerSpec } from '../../infra/docker/container-host.ts';
import { readContainerSpec } from '../../infra/docker/stored-spec.ts';
import type { Context } from '../context.ts';

/** An agent's spec; `null` also when its stored shape is unknown: the owner needs the page to request a repair. */
export function readableSpec({ log }: Pick<Context, 'log'>, agent: Agent): AgentContainerSpec | null {
  try {
    return readContainerSpec(agent);
  } catch (error) {
    log.warn({ err: error, agentId: agent.id }, 'container spec could not be read');
    return null;
  }
}

/** Whether the running container is older than the model gateway, and has a provider's key in its environment. */
export function gatewayBypass(context: Pick<Context, 'log'>, agent: Agent): OverviewRow['gatewayBypass'] {
  if (agent.state !== 'running' || agent.runtime !== 'container') return null;
  const spec = readableSpec(context, agent);
  if (!spec || spec.models) return null;
  return Object.values(spec.secretEnv).some((name) => /^apiKey(:|$)/.test(name)) ? 'with_key' : 'without_key';
}
