import { AppError } from '@agentbot/contracts';
import { factsOf } from '@agentbot/openclaw-image/versions';
import type { Agent } from '../../generated/prisma/client.ts';
import type { AgentContainerSpec } from '../../infra/docker/container-host.ts';
import { configDifferences } from '../../infra/openclaw/config-differences.ts';
import type { GatewayConnection } from '../../infra/openclaw/gateway-connection.ts';
import { gatewayAddress, throwGatewayError } from '../agents/gateway.ts';
import type { Context } from '../context.ts';
import { currentConfiguration } from './create-container.ts';

const MAX_NAMED = 5;
/** A gateway is busy just after its start. */
const TIMEOUT_MS = 60_000;

/**
 * Whether a gateway is asked for its configuration: newer versions may restore an own copy. OpenClaw 2026.3.13 runs the file as it
 * is, and it would load every plugin to answer `config.get`.
 */
export const reportsConfig = (version: string | null) => !factsOf(version ?? '').transpiles;

/**
 * Reads the configuration of a ready agent back from its gateway, and compares it with the one that the container was
 * created with. A configuration that has changed since then counts at the next start.
 * @returns the settings whose values differ, as dotted paths
 * @throws AppError OPERATION_FAILED when the gateway does not answer
 */
export async function differingSettings(context: Context, agent: Agent, spec: AgentContainerSpec): Promise<string[]> {
  if (!reportsConfig(agent.openclawVersion)) return [];
  const configuration = await currentConfiguration(context, agent, spec);
  if (configuration === null) return [];
  const gateway = await context.gateways.get(agent.id, await gatewayAddress(context, agent.id, spec.bind)).catch(throwGatewayError);
  return configDifferences(JSON.parse(configuration), (await reportedConfig(gateway)).config);
}

/**
 * The configuration that a gateway runs with, its file as it stands (`parsed`), and the hash that a change of it must name.
 * @throws AppError OPERATION_FAILED when the gateway does not answer
 */
export const reportedConfig = (gateway: GatewayConnection) =>
  gateway.request<{ config?: unknown; parsed?: unknown; hash?: string }>('config.get', {}, TIMEOUT_MS).catch(throwGatewayError);

/** The error of a new container that runs with other settings than its agent's. */
export function differenceError(version: string, settings: string[]): AppError {
  const named = settings.slice(0, MAX_NAMED).join(', ');
  const more = settings.length > MAX_NAMED ? ` and ${settings.length - MAX_NAMED} more` : '';
  return new AppError('OPERATION_FAILED', `OpenClaw ${version} does not run with the agent's configuration. Different: ${named}${more}`);
}
