import { randomBytes } from 'node:crypto';
import { AppError } from '@agentbot/contracts';
import type { Agent } from '../../generated/prisma/client.ts';
import { readAgentSecrets } from '../../infra/crypto/agent-secrets.ts';
import { containerNames } from '../../infra/docker/layout.ts';
import { readContainerSpec } from '../../infra/docker/stored-spec.ts';
import type { GatewayAddress, GatewayConnection } from '../../infra/openclaw/gateway-connection.ts';
import type { Context } from '../context.ts';

/** A new gateway token: 32 random bytes as 64 hexadecimal digits. */
export const newGatewayToken = () => randomBytes(32).toString('hex');

/** The address of the agent's gateway, with the gateway token and the device key. */
export async function gatewayAddress(
  { database, envelope, host }: Pick<Context, 'database' | 'envelope' | 'host'>,
  agentId: string,
  bind: { address: string; gateway: number },
): Promise<GatewayAddress> {
  const { gatewayToken = '', deviceKey = '' } = await database.as('service', (tx) => readAgentSecrets(tx, envelope, agentId));
  const transport = host.transportTo(containerNames(agentId).container);
  return { url: `ws://${bind.address}:${bind.gateway}`, token: gatewayToken, deviceKey, ...(transport && { transport }) };
}

/** Whether the agent runs in a container and so has a gateway. */
export const hasGateway = ({ state, runtime }: Pick<Agent, 'state' | 'runtime'>) => state === 'running' && runtime === 'container';

/** The connection to a running agent's gateway. @throws AppError OPERATION_FAILED without a gateway or a connection to it */
export async function gatewayOf(
  context: Pick<Context, 'database' | 'envelope' | 'gateways' | 'host'>,
  agent: Pick<Agent, 'id' | 'state' | 'runtime' | 'containerSpec'>,
): Promise<GatewayConnection> {
  const spec = hasGateway(agent) ? readContainerSpec(agent) : null;
  if (!spec) throw new AppError('OPERATION_FAILED', 'The agent has no running gateway');
  return context.gateways.get(agent.id, await gatewayAddress(context, agent.id, spec.bind)).catch((cause) => {
    throw new AppError('OPERATION_FAILED', "The agent's gateway cannot be reached", { cause });
  });
}

/** The connection to an agent's gateway, for routes that tell why there is none. @throws AppError AGENT_NOT_RUNNING, GATEWAY_UNAVAILABLE */
export async function requireGateway(
  context: Pick<Context, 'database' | 'envelope' | 'gateways' | 'host'>,
  agent: Agent,
): Promise<GatewayConnection> {
  if (agent.state !== 'running') throw new AppError('AGENT_NOT_RUNNING');
  if (!hasGateway(agent)) throw new AppError('AGENT_NOT_RUNNING', 'The agent has no container yet. Try again when it runs in one');
  return gatewayOf(context, agent).catch(throwGatewayUnavailable);
}

/** Maps a failed gateway request to a public error. @throws AppError GATEWAY_UNAVAILABLE */
export function throwGatewayUnavailable(cause: unknown): never {
  throw new AppError('GATEWAY_UNAVAILABLE', undefined, { cause });
}

/** Maps a failed gateway request to a public error. @throws AppError OPERATION_FAILED */
export function throwGatewayError(cause: unknown): never {
  throw new AppError('OPERATION_FAILED', "The agent's gateway did not answer", { cause });
}
