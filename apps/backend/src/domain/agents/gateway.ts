import { AppError } from '@agentbot/contracts';
import type { Context } from '../../app/create-context.ts';
import type { Agent } from '../../generated/prisma/client.ts';
import type { AgentContainerSpec } from '../../infra/docker/container-host.ts';
import type { GatewayConnection } from '../../infra/openclaw/gateway-connection.ts';
import { gatewayAddress } from './gateway-address.ts';

/** Whether an agent has a gateway that can be asked now. */
export const hasGateway = ({ state, runtime }: Pick<Agent, 'state' | 'runtime'>) => state === 'running' && runtime === 'container';

/** The connection to a running agent's gateway. @throws AppError OPERATION_FAILED when there is none */
export async function gatewayOf(
  context: Pick<Context, 'database' | 'envelope' | 'gateways'>,
  agent: Pick<Agent, 'id' | 'state' | 'runtime' | 'containerSpec'>,
): Promise<GatewayConnection> {
  if (!hasGateway(agent)) throw new AppError('OPERATION_FAILED', 'The agent has no running gateway');
  const { bind } = agent.containerSpec as unknown as AgentContainerSpec;
  return context.gateways.get(agent.id, await gatewayAddress(context, agent.id, bind)).catch((cause) => {
    throw new AppError('OPERATION_FAILED', "The agent's gateway cannot be reached", { cause });
  });
}

/** For a request that a gateway refused or did not answer. */
export function unanswered(cause: unknown): never {
  throw new AppError('OPERATION_FAILED', "The agent's gateway did not answer", { cause });
}
