import { AppError } from '@agentbot/contracts';
import { factsOf } from '@agentbot/openclaw-image/versions';
import type { Agent } from '../../generated/prisma/client.ts';
import { type AgentSecrets, readAgentSecrets } from '../../infra/crypto/agent-secrets.ts';
import { type AgentContainerSpec, type OpenData, SlotTakenError, type VolumeFile } from '../../infra/docker/container-host.ts';
import { containerNames, EXTRA_CA, MODEL_GATEWAY_HOST } from '../../infra/docker/layout.ts';
import { slotCount } from '../../infra/docker/slots.ts';
import { readAgentConfig, readSkillSwitches } from '../../infra/openclaw/agent-config.ts';
import { acceptedModel, type ConfigInput, openclawConfig, secretVariables } from '../../infra/openclaw/config-builder.ts';
import { configShape } from '../../infra/openclaw/config-shape.ts';
import { pairedDevices } from '../../infra/openclaw/device.ts';
import { fallbackTargets, keySecret, type ModelTarget, modelTarget } from '../../infra/openclaw/providers.ts';
import { sha256 } from '../../shared/sha256.ts';
import { agentUrl } from '../agents/addresses.ts';
import { keyRecipient, readSecretsFor } from '../agents/model-key.ts';
import { workspaceFiles } from '../agents/specializations.ts';
import { hasAllowedDomains, validateAllowedDomains } from '../containers/allowed-domains.ts';
import { buildContainerSpec } from '../containers/container-spec.ts';
import { removeMarked } from '../containers/orphans.ts';
import type { Context } from '../context.ts';
import { conversationFile } from '../conversations/conversation-file.ts';
import { sharedProviders } from '../provider-keys/shared-keys.ts';
import { keyedProviders } from '../provider-keys/stored-keys.ts';
import { virtualKey } from '../usage/virtual-key.ts';
import { leaseSlot } from './lease-slot.ts';

type Slice = Pick<Context, 'database' | 'envelope' | 'config' | 'accounts'>;

/** An agent's secrets, and its fallback models: those whose provider there is a key for. */
async function secretsAndFallbacks(context: Slice, agent: Agent) {
  const { database, envelope, config } = context;
  const { secrets, keyed } = await database.as('service', async (tx) => ({
    secrets: await readSecretsFor(tx, envelope, agent),
    keyed: await keyedProviders(tx, agent.ownerId),
  }));
  const shared = await sharedProviders(context, agent.ownerId);
  const hasKey = (provider: string) =>
    keyed.has(provider) || shared.has(provider) || Boolean(secrets[keySecret(provider, agent.aiProvider)]);
  return { secrets, fallbacks: fallbackTargets(agent, config, hasKey) };
}

/** The secrets of an agent's container by name: the channels' tokens, the gateway token, and the virtual key that derives from it. */
function containerSecrets(agent: { id: string }, secrets: AgentSecrets): Record<string, string | undefined> {
  return { ...secrets, virtualKey: secrets.gatewayToken && virtualKey(agent.id, secrets.gatewayToken) };
}

/** The secret variables of the container, by name: variable → name of its secret. */
function secretVariablesOf(agent: { id: string }, secrets: AgentSecrets): Record<string, string> {
  const values = containerSecrets(agent, secrets);
  return Object.fromEntries(Object.entries(secretVariables).filter(([, name]) => values[name]));
}

function configInput({ config }: Slice, agent: Agent, version: string, fallbacks: ModelTarget[], secrets: AgentSecrets): ConfigInput {
  return {
    version,
    plan: agent.plan,
    modelGateway: `http://${MODEL_GATEWAY_HOST}:${config.MODEL_GATEWAY_PORT}`,
    target: modelTarget(agent, config),
    fallbacks,
    has: Object.fromEntries(Object.keys(secrets).map((name) => [name, true])),
    ownerIds: readAgentConfig(agent).ownerIds ?? [],
    skills: readSkillSwitches(agent),
    origin: agentUrl(agent, config),
  };
}

/**
 * The secret environment variables of a stored spec, with their values. Older containers call their provider themselves: one for
 * another provider than the agent's present one does not get the present provider's key.
 */
export async function secretEnvironment(context: Slice, spec: AgentContainerSpec): Promise<Record<string, string>> {
  const { agent, secrets } = await context.database.as('service', async (tx) => ({
    agent: await tx.agent.findUniqueOrThrow({ where: { id: spec.agentId } }),
    secrets: await readAgentSecrets(tx, context.envelope, spec.agentId),
  }));
  const mayHaveKey = spec.keyRecipient ? spec.keyRecipient === keyRecipient(agent) : await isCurrent(context, agent, spec);
  // The gateway does not start when a variable of its configuration is missing.
  if (!mayHaveKey && secrets.apiKey) secrets.apiKey = 'none';
  const values = containerSecrets(agent, secrets);
  return Object.fromEntries(Object.entries(spec.secretEnv).map(([variable, name]) => [variable, values[name] ?? '']));
}

const serializedConfig = (input: ConfigInput) => JSON.stringify(openclawConfig(input), null, 2);

/**
 * An agent's configuration file for a version of OpenClaw, the variables that the file refers to, the plugins that the
 * image must have, and the hash of the configuration's shape.
 */
export async function configurationOf(context: Context, agent: Agent, version: string) {
  const { secrets, fallbacks } = await secretsAndFallbacks(context, agent);
  const input = configInput(context, agent, version, fallbacks, secrets);
  const variables = Object.keys(secretVariablesOf(agent, secrets));
  // An image that transpiles its plugins has all channels; to list them, it would transpile all plugins.
  const plugins = factsOf(version).transpiles ? [] : openclawConfig(input).plugins.allow;
  return { content: serializedConfig(input), variables, plugins, shape: configShape(input) };
}

/** The files and secret variables of an agent's container, and the fingerprint of both. */
async function containerContents(context: Slice, agent: Agent, version: string) {
  const authorities = context.config.AGENT_EXTRA_CA_FILE;
  const { secrets, fallbacks } = await secretsAndFallbacks(context, agent);
  const secretNames = secretVariablesOf(agent, secrets);
  const values = containerSecrets(agent, secrets);
  const secretEnv = Object.fromEntries(Object.entries(secretNames).map(([variable, name]) => [variable, values[name] as string]));
  const input = configInput(context, agent, version, fallbacks, secrets);
  const configuration = serializedConfig(input);
  const models = [input.target, ...fallbacks].map((target) => acceptedModel(target, version));
  const files: VolumeFile[] = [
    { path: 'openclaw.json', content: configuration },
    // A gateway that distrusts a changed file (half its former size, for example) restores this copy: both must be equal.
    { path: 'openclaw.json.bak', content: configuration },
    // The gateway makes its list of models from the configuration. In a list that a version before 2026.8 made stands the name of the
    // key's variable, which 2026.8 sends as the key: the provider is refused, and then left out for a while.
    { path: 'agents/main/agent/models.json', content: '{"providers":{}}' },
    { path: 'devices/paired.json', content: pairedDevices(secrets.deviceKey ?? '') },
    ...(authorities ? [{ path: EXTRA_CA, content: authorities }] : []),
  ];
  // The random gateway token is part of both hashes, so they do not help to guess the other secrets.
  const environment = sha256(JSON.stringify([secretEnv, authorities, hasAllowedDomains(agent)]));
  const fingerprint = sha256(
    JSON.stringify([
      configuration,
      secretEnv,
      // The configuration names the model gateway; the address of an owner's own endpoint is only here.
      models.map(({ provider, baseUrl, model }) => [provider, provider === 'custom' && baseUrl, model]),
      ...(authorities ? [authorities] : []),
      ...(hasAllowedDomains(agent) ? ['limited'] : []),
    ]),
  );
  return { files, configuration, secretNames, secretEnv, models, fingerprint, environment };
}

/**
 * The configuration that an agent's container was created with; `null` when the configuration or the secrets of the agent's
 * row have changed since.
 */
export async function currentConfiguration(context: Slice, agent: Agent, spec: AgentContainerSpec): Promise<string | null> {
  const onItsPlan = { ...agent, plan: spec.plan };
  const { configuration, fingerprint } = await containerContents(context, onItsPlan, agent.openclawVersion ?? '');
  return fingerprint === spec.fingerprint ? configuration : null;
}

/** The part of a stored spec that depends on the configuration. */
export type ConfiguredSpec = Required<Pick<AgentContainerSpec, 'fingerprint' | 'models' | 'keyRecipient'>>;

/**
 * What the configuration of an agent's row would change in its container.
 * @returns null when the container has it already; `live` when only settings of the gateway differ
 */
export async function pendingConfiguration(context: Slice, agent: Agent, spec: AgentContainerSpec) {
  const contents = await containerContents(context, agent, agent.openclawVersion ?? '');
  const { configuration, fingerprint, environment, models } = contents;
  if (fingerprint === spec.fingerprint && agent.plan === spec.plan) return null;
  const configured: ConfiguredSpec = { fingerprint, models, keyRecipient: keyRecipient(agent) };
  return { configuration, configured, live: environment === spec.environment && agent.plan === spec.plan };
}

/** Whether a container has the present configuration and secrets of its agent, on the plan it was created for. */
export const isCurrent = async (context: Slice, agent: Agent, spec: AgentContainerSpec): Promise<boolean> =>
  (await currentConfiguration(context, agent, spec)) !== null;

/**
 * Creates and starts an agent's container from its row, and stores the spec. Leases another slot when the engine refuses one.
 * @param version the image's version of OpenClaw
 * @param data unpacked into the volume before the configuration files are written
 * @throws AppError OPERATION_FAILED without a free slot; the reason of an aborted `signal`, with the row unchanged
 */
export async function createContainer(
  context: Context,
  agent: Agent,
  image: string,
  version: string,
  data: OpenData | undefined,
  signal: AbortSignal,
): Promise<AgentContainerSpec> {
  const { database, host, config } = context;
  validateAllowedDomains(readAgentConfig(agent), config);
  if (!agent.containerSpec) await removeMarked(context, containerNames(agent.id));
  const { files, secretNames, secretEnv, models, fingerprint, environment } = await containerContents(context, agent, version);
  const [capacity, cache] = await Promise.all([host.capacity(), host.startCache(image, config.INSTALLATION)]);
  const cacheVolume = cache.filled ? cache.volume : null;
  // Only a new workspace gets these files: the agent may change them later.
  const initialFiles = agent.containerSpec ? [] : [...workspaceFiles(agent), ...(await conversationFile(context, agent.id))];
  const recipient = keyRecipient(agent);
  const refused = new Set<number>();
  let slot = agent.slot;

  while (refused.size < 50) {
    slot ??= await leaseSlot(database, agent.id, slotCount(config.AGENT_PORT_BASE), refused);
    const spec = buildContainerSpec({
      agent,
      slot,
      image,
      secretEnv: secretNames,
      models,
      fingerprint,
      environment,
      recipient,
      cacheVolume,
      capacity,
      config,
    });
    try {
      const containerId = await host.create(spec, secretEnv, [...files, ...initialFiles], { data, signal });
      // The engine binds the ports at the start, so only a started container proves that the slot is free.
      await host.start(spec);
      signal.throwIfAborted();
      await database.as('service', (tx) =>
        tx.agent.updateMany({ where: { id: agent.id }, data: { containerSpec: spec, containerId, image, slot, lostDataBackupId: null } }),
      );
      return spec;
    } catch (error) {
      if (!(error instanceof SlotTakenError)) throw error;
      refused.add(slot);
      slot = null;
    }
  }
  throw new AppError('OPERATION_FAILED', 'Other programs use the ports for agents on this machine. Tell the administrator.');
}
