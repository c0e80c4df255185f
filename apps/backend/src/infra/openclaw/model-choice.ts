import { type AgentConfig, type AgentConfigChange, AppError } from '@agentbot/contracts';
import type { Config } from '../../config/config.ts';
import { readAgentConfig } from './agent-config.ts';
import { assertPublicEndpoint } from './model-endpoint.ts';
import { defaultModelOf, type ProviderId } from './providers.ts';

type Settings = Pick<Config, 'ALLOW_PRIVATE_MODEL_ENDPOINTS'>;
interface Choice {
  model: string;
  aiProvider: ProviderId;
}

const ENDPOINT_INCOMPLETE = 'The model custom needs config.baseUrl and config.model';

async function customEndpoint({ baseUrl, model }: AgentConfig, settings: Settings): Promise<Choice> {
  if (!baseUrl || !model) throw new AppError('INVALID_REQUEST', ENDPOINT_INCOMPLETE);
  await assertPublicEndpoint(baseUrl, settings.ALLOW_PRIVATE_MODEL_ENDPOINTS);
  return { model: 'custom', aiProvider: 'custom' };
}

/**
 * Model and provider for the dashboard's choice: `claude-opus-4-6` is Anthropic's, `custom` the owner's own endpoint,
 * anything else the configured provider's (`openrouter` by default).
 * @throws AppError INVALID_REQUEST for `custom` without an endpoint, or one at a private address
 */
export async function modelFromName(model: string, config: AgentConfig, settings: Settings): Promise<Choice> {
  if (model === 'custom') return customEndpoint(config, settings);
  if (model === 'claude-opus-4-6') return { model, aiProvider: 'anthropic' };
  return { model, aiProvider: config.aiProvider ?? 'openrouter' };
}

/**
 * Model, provider and configuration after a change: a new endpoint is `custom`, and a provider named instead ends that; a
 * new provider without a model brings its default one, as does a model of null; otherwise what was stays.
 * @throws AppError INVALID_REQUEST for an endpoint without a model, or the other way round
 */
export function afterChange(
  agent: { model: string; aiProvider: string; config: unknown },
  changed: AgentConfigChange,
): Choice & { config: AgentConfig } {
  const aiProvider = changed.baseUrl ? 'custom' : (changed.aiProvider ?? (agent.aiProvider as ProviderId));
  const { baseUrl, model, aiProvider: named, ...rest } = { ...readAgentConfig(agent), ...changed };
  if (aiProvider === 'custom') {
    if (!baseUrl || !model) throw new AppError('INVALID_REQUEST', ENDPOINT_INCOMPLETE);
    return { model: 'custom', aiProvider, config: { ...rest, baseUrl, model } };
  }
  // A model's name means nothing to another provider.
  const moved = aiProvider !== agent.aiProvider;
  const kept = moved ? changed.model : model;
  const otherwise = moved || changed.model === null ? defaultModelOf(aiProvider) : agent.model;
  const config = { ...rest, ...(named && { aiProvider }), ...(kept && { model: kept }) };
  return { model: changed.model ?? otherwise, aiProvider, config };
}

/**
 * Model and provider for a machine client's configuration: an endpoint of its own when `baseUrl` is given, else the
 * provider (`openrouter` by default) with its own default model unless one is named.
 * @throws AppError INVALID_REQUEST for an endpoint that is incomplete or private
 */
export async function modelFromConfig(config: AgentConfig, settings: Settings): Promise<Choice> {
  if (config.baseUrl) return customEndpoint(config, settings);
  const aiProvider = config.aiProvider ?? 'openrouter';
  return { model: config.model ?? defaultModelOf(aiProvider), aiProvider };
}
