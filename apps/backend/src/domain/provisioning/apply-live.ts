import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '@agentbot/contracts';
import type { Agent } from '../../generated/prisma/client.ts';
import { agentSecretValues } from '../../infra/crypto/agent-secrets.ts';
import type { AgentContainerSpec } from '../../infra/docker/container-host.ts';
import { readContainerSpec } from '../../infra/docker/stored-spec.ts';
import { configDifferences } from '../../infra/openclaw/config-differences.ts';
import { configPatch } from '../../infra/openclaw/config-patch.ts';
import type { GatewayConnection } from '../../infra/openclaw/gateway-connection.ts';
import { redact } from '../../shared/redact.ts';
import { gatewayOf } from '../agents/gateway.ts';
import type { Context } from '../context.ts';
import { MODEL_ACCESS_MS } from '../usage/model-access.ts';
import { type ConfiguredSpec, isCurrent, pendingConfiguration } from './create-container.ts';
import { differenceError, reportedConfig, reportsConfig } from './read-config-back.ts';

const [PATCH, REPLACE] = ['config.patch', 'config.apply'];
/** The gateway first lets running channels and replies finish. */
const APPLY_MS = 90_000;
const MAX_REASON = 300;

interface Applied {
  sentinel?: { payload?: { stats?: { requiresRestart?: boolean } } };
}

/** Why a running gateway cannot take a configuration: its container must be replaced. */
export class NeedsContainer {
  readonly reason: string;
  constructor(reason: string) {
    this.reason = reason;
  }
}

const codeOf = (error: unknown) => ((error as Error).cause as { code?: string } | undefined)?.code;

/**
 * Sends the changes of a configuration, for the state of the file that `hash` names. Versions before 2026.6 cannot remove an entry
 * of a list by a patch: they get the whole configuration. Newer ones would take its references for changed secrets, and restart.
 */
async function send(gateway: GatewayConnection, configuration: string): Promise<Applied | NeedsContainer> {
  const { hash: baseHash, parsed } = await reportedConfig(gateway);
  const { patch, replacePaths } = configPatch(JSON.parse(configuration), parsed);
  // The address of an owner's own endpoint is no setting of OpenClaw.
  if (Object.keys(patch).length === 0) return {};
  const request = (method: string, change: object) => gateway.request<Applied>(method, { baseHash, ...change }, APPLY_MS);
  try {
    return await request(PATCH, { raw: JSON.stringify(patch), replacePaths }).catch((error: Error): Promise<Applied> => {
      if (error.message.includes('replacePaths')) return request(REPLACE, { raw: configuration });
      throw error;
    });
  } catch (error) {
    if (codeOf(error) === 'INVALID_REQUEST') throw error;
    return new NeedsContainer('The gateway could not apply the configuration while it runs');
  }
}

/**
 * Applies the configuration of an agent's row by its running gateway, and reads it back.
 * @returns the spec with the configuration, null when the agent has it already, or why a new container is needed
 * @throws AppError OPERATION_FAILED when the gateway refuses the configuration, or runs with another one afterwards: the sentence
 *   names the settings
 */
export async function applyLive(
  context: Context,
  agent: Agent,
  spec: AgentContainerSpec,
): Promise<AgentContainerSpec | NeedsContainer | null> {
  const pending = await pendingConfiguration(context, agent, spec);
  if (!pending) return null;
  const version = agent.openclawVersion ?? 'of an unknown version';
  if (!pending.live) return new NeedsContainer('The change is more than settings of OpenClaw');
  if (!reportsConfig(agent.openclawVersion)) return new NeedsContainer(`OpenClaw ${version} gets its configuration at its start only`);
  const gateway = await gatewayOf(context, agent);
  if (!gateway.offers(PATCH)) return new NeedsContainer(`OpenClaw ${version} does not offer ${PATCH}`);

  const { fingerprint, ...models } = pending.configured;
  const store = (change: Partial<ConfiguredSpec>) => storeSpec(context, { ...spec, ...change });
  // The model gateway must know the new models before the agent asks for them.
  await store(models);
  let result: AgentContainerSpec | NeedsContainer | undefined;
  try {
    const [applied] = await Promise.all([send(gateway, pending.configuration), sleep(MODEL_ACCESS_MS)]);
    if (applied instanceof NeedsContainer) return applied;
    if (applied.sentinel?.payload?.stats?.requiresRestart) return new NeedsContainer('The gateway needs a restart for this change');
    await requireSame(context, agent, pending.configuration);
    result = await store(pending.configured);
    return result;
  } catch (error) {
    if (error instanceof AppError) throw error;
    const words = redact((error as Error).message, await agentSecretValues(context, agent.id)).slice(0, MAX_REASON);
    throw new AppError('OPERATION_FAILED', `OpenClaw ${version} refuses the agent's configuration: ${words}`, { cause: error });
  } finally {
    if (!result) await storeSpec(context, spec);
  }
}

/** @throws AppError OPERATION_FAILED when the gateway runs with another configuration; the sentence names the settings */
async function requireSame(context: Context, agent: Agent, configuration: string): Promise<void> {
  const { config } = await reportedConfig(await gatewayOf(context, agent));
  const differing = configDifferences(JSON.parse(configuration), config);
  if (differing.length > 0) throw differenceError(agent.openclawVersion ?? 'of an unknown version', differing);
}

/**
 * Notes that a running gateway took a change by itself, after reading its configuration back. Does nothing for a container that
 * lacked other changes before.
 * @param before the agent before the change
 * @throws AppError OPERATION_FAILED when the gateway runs with another configuration; the sentence names the settings
 */
export async function confirmLive(context: Context, before: Agent): Promise<void> {
  const spec = readContainerSpec(before);
  if (!spec || !(await isCurrent(context, before, spec))) return;
  const agent = await context.database.as('service', (tx) => tx.agent.findUniqueOrThrow({ where: { id: before.id } }));
  const pending = await pendingConfiguration(context, { ...agent, plan: spec.plan }, spec);
  if (!pending) return;
  if (reportsConfig(agent.openclawVersion)) await requireSame(context, agent, pending.configuration);
  // An operation may have replaced the container meanwhile.
  await context.database.as(
    'service',
    (tx) => tx.$executeRaw`
      UPDATE agents SET container_spec = jsonb_set(container_spec, '{fingerprint}', to_jsonb(${pending.configured.fingerprint}::text))
      WHERE id = ${agent.id} AND container_spec->>'fingerprint' = ${spec.fingerprint}`,
  );
}

async function storeSpec({ database }: Context, spec: AgentContainerSpec): Promise<AgentContainerSpec> {
  await database.as('service', (tx) => tx.agent.update({ where: { id: spec.agentId }, data: { containerSpec: spec } }));
  return spec;
}
