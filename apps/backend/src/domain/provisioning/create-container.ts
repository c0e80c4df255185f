import { AppError } from '@agentbot/contracts';
import type { Agent } from '../../generated/prisma/client.ts';
import { type AgentSecrets, readAgentSecrets, type SecretName } from '../../infra/crypto/agent-secrets.ts';
import { type AgentContainerSpec, type OpenData, SlotTakenError, type VolumeFile } from '../../infra/docker/container-host.ts';
import { containerNames, EXTRA_CA } from '../../infra/docker/layout.ts';
import { slotCount } from '../../infra/docker/slots.ts';
import { readAgentConfig, readSkillSwitches } from '../../infra/openclaw/agent-config.ts';
import { type ConfigInput, keyVariable, openclawConfig, secretVariables } from '../../infra/openclaw/config-builder.ts';
import { configShape } from '../../infra/openclaw/config-shape.ts';
import { pairedDevices } from '../../infra/openclaw/device.ts';
import { fallbackTargets, keySecret, type ModelTarget, modelTarget } from '../../infra/openclaw/providers.ts';
import { dialectOf } from '../../infra/openclaw/versions.ts';
import { sha256 } from '../../shared/sha256.ts';
import { agentUrl } from '../agents/addresses.ts';
import { keyRecipient, readSecretsFor } from '../agents/model-key.ts';
import { workspaceFiles } from '../agents/specializations.ts';
import { hasAllowedDomains, validateAllowedDomains } from '../containers/allowed-domains.ts';
import { buildContainerSpec } from '../containers/container-spec.ts';
import { removeMarked } from '../containers/orphans.ts';
import type { Context } from '../context.ts';
import { conversationFile } from '../conversations/conversation-file.ts';
import { leaseSlot } from './lease-slot.ts';

/** What an agent's files and secrets are made from. */
type Contents = Pick<Context, 'database' | 'envelope' | 'config'>;

function fallbacksOf({ config }: Contents, agent: Agent, secrets: AgentSecrets): ModelTarget[] {
  return fallbackTargets(agent, config, (provider) => Boolean(secrets[keySecret(provider, agent.aiProvider)]));
}

/** The container's variables with secrets: variable → secret's name. */
function secretVariablesOf(agent: Agent, fallbacks: ModelTarget[], secrets: AgentSecrets): Record<string, SecretName> {
  const others = fallbacks.filter(({ provider }) => provider !== agent.aiProvider);
  return {
    ...Object.fromEntries(Object.entries(secretVariables).filter(([, name]) => secrets[name])),
    ...Object.fromEntries(others.map(({ provider }) => [keyVariable(provider, agent.aiProvider), keySecret(provider, agent.aiProvider)])),
  };
}

function configInput({ config }: Contents, agent: Agent, version: string, fallbacks: ModelTarget[], secrets: AgentSecrets): ConfigInput {
  return {
    version,
    plan: agent.plan,
    target: modelTarget(agent, config),
    fallbacks,
    has: Object.fromEntries(Object.keys(secrets).map((name) => [name, true])),
    ownerIds: readAgentConfig(agent).ownerIds ?? [],
    skills: readSkillSwitches(agent),
    origin: agentUrl(agent, config),
  };
}

/**
 * The environment variables of a stored spec that carry secrets, with their values. A container that calls another provider
 * than the agent has by now gets no key of the new one's.
 */
export async function secretEnvironment(context: Contents, spec: AgentContainerSpec): Promise<Record<string, string>> {
  const { agent, secrets } = await context.database.as('service', async (tx) => ({
    agent: await tx.agent.findUniqueOrThrow({ where: { id: spec.agentId } }),
    secrets: await readAgentSecrets(tx, context.envelope, spec.agentId),
  }));
  const meant = spec.keyRecipient ? spec.keyRecipient === keyRecipient(agent) : await isCurrent(context, agent, spec);
  // The gateway does not start on a variable that is not there.
  if (!meant && secrets.apiKey) secrets.apiKey = 'none';
  return Object.fromEntries(
    Object.entries(spec.secretEnv).map(([variable, name]) => [variable, secrets[name as keyof AgentSecrets] ?? '']),
  );
}

const written = (input: ConfigInput) => JSON.stringify(openclawConfig(input), null, 2);

/**
 * An agent's configuration file for a version of OpenClaw, the variables that it refers to, the plugins that the image must be
 * asked for, and the hash of its shape.
 */
export async function configurationOf(context: Context, agent: Agent, version: string) {
  const secrets = await context.database.as('service', (tx) => readSecretsFor(tx, context.envelope, agent));
  const fallbacks = fallbacksOf(context, agent, secrets);
  const input = configInput(context, agent, version, fallbacks, secrets);
  const variables = Object.keys(secretVariablesOf(agent, fallbacks, secrets));
  // 2026.3.13 brings every channel, and would transpile all plugins to list them.
  const plugins = dialectOf(version).transpiles ? [] : openclawConfig(input).plugins.allow;
  return { content: written(input), variables, plugins, shape: configShape(input) };
}

/** What goes into an agent's container besides its image: files, variables with secrets, and a hash of both. */
async function contents(context: Contents, agent: Agent, version: string) {
  const { database, envelope } = context;
  const authorities = context.config.AGENT_EXTRA_CA_FILE;
  const secrets = await database.as('service', (tx) => readSecretsFor(tx, envelope, agent));
  const fallbacks = fallbacksOf(context, agent, secrets);
  const secretNames = secretVariablesOf(agent, fallbacks, secrets);
  const secretEnv = Object.fromEntries(Object.entries(secretNames).map(([variable, name]) => [variable, secrets[name] as string]));
  const configuration = written(configInput(context, agent, version, fallbacks, secrets));
  const files: VolumeFile[] = [
    { path: 'openclaw.json', content: configuration },
    // A gateway that distrusts a new file (its size has halved, for one) restores this copy: it must be the same.
    { path: 'openclaw.json.bak', content: configuration },
    { path: 'devices/paired.json', content: pairedDevices(secrets.deviceKey ?? '') },
    ...(authorities ? [{ path: EXTRA_CA, content: authorities }] : []),
  ];
  // The gateway's token is among them: nobody guesses the others from the hash.
  const fingerprint = sha256(
    JSON.stringify([configuration, secretEnv, ...(authorities ? [authorities] : []), ...(hasAllowedDomains(agent) ? ['limited'] : [])]),
  );
  return { files, secretNames, secretEnv, fingerprint };
}

/** Whether a container has what its agent's row says now, on the plan that it was made for. */
export async function isCurrent(context: Contents, agent: Agent, spec: AgentContainerSpec): Promise<boolean> {
  return (await contents(context, { ...agent, plan: spec.plan }, agent.openclawVersion ?? '')).fingerprint === spec.fingerprint;
}

/**
 * Creates an agent's container from its row and stores the spec; a slot the engine refuses is exchanged.
 * @param version of OpenClaw in the image
 * @param data that its volume gets before the files of the configuration
 * @throws what `signal` was aborted with, and then leaves the row as it is
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
  const { files, secretNames, secretEnv, fingerprint } = await contents(context, agent, version);
  const [capacity, cache] = await Promise.all([host.capacity(), host.startCache(image, config.INSTALLATION)]);
  const cacheVolume = cache.filled ? cache.volume : null;
  // Only a new workspace begins with them: later the agent may have changed them.
  const begins = agent.containerSpec ? [] : [...workspaceFiles(agent.specialization), ...(await conversationFile(context, agent.id))];
  const recipient = keyRecipient(agent);
  const refused = new Set<number>();
  let slot = agent.slot;

  while (refused.size < 50) {
    slot ??= await leaseSlot(database, agent.id, slotCount(config.AGENT_PORT_BASE), refused);
    const spec = buildContainerSpec({ agent, slot, image, secretEnv: secretNames, fingerprint, recipient, cacheVolume, capacity, config });
    try {
      const containerId = await host.create(spec, secretEnv, [...files, ...begins], { data, signal });
      // The engine binds the ports when it starts the container, so that is part of finding a free slot.
      await host.start(spec);
      signal.throwIfAborted();
      await database.as('service', (tx) =>
        tx.agent.updateMany({ where: { id: agent.id }, data: { containerSpec: spec, containerId, image, slot } }),
      );
      return spec;
    } catch (error) {
      if (!(error instanceof SlotTakenError)) throw error;
      refused.add(slot);
      slot = null;
    }
  }
  throw new AppError('OPERATION_FAILED', 'The ports for agents on this machine are in use by something else');
}
