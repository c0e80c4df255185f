import type { AgentOverview } from '@agentbot/contracts';
import type { Agent } from '../../generated/prisma/client.ts';
import type { AgentContainerSpec } from '../../infra/docker/container-host.ts';
import { acceptedModel } from '../../infra/openclaw/config-builder.ts';
import { withoutCredentials } from '../../infra/openclaw/model-endpoint.ts';
import { type ModelTarget, modelTarget } from '../../infra/openclaw/providers.ts';
import type { Context } from '../context.ts';

type Differences = AgentOverview['differences'];

const endpointOf = ({ provider, baseUrl }: ModelTarget) => (provider === 'custom' ? withoutCredentials(baseUrl) : null);

/** What a container that is not current has otherwise than its agent's row. */
export function unappliedChanges({ config }: Pick<Context, 'config'>, agent: Agent, spec: AgentContainerSpec): Differences {
  const saved = acceptedModel(modelTarget(agent, config), agent.openclawVersion ?? '');
  const [running] = spec.models ?? [];
  const candidates: Differences = [
    { setting: 'plan', saved: agent.plan, running: spec.plan },
    ...(running
      ? ([
          { setting: 'provider', saved: saved.provider, running: running.provider },
          { setting: 'model', saved: saved.model, running: running.model },
          { setting: 'endpoint', saved: endpointOf(saved), running: endpointOf(running) },
        ] as const)
      : []),
  ];
  const found = candidates.filter((each) => each.saved !== each.running);
  return found.length > 0 ? found : [{ setting: 'other', saved: null, running: null }];
}
