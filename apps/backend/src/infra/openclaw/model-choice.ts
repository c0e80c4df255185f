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
 * Maps the dashboard's model name to model and provider: `claude-opus-4-6` belongs to Anthropic, `custom` to the owner's own
 * endpoint, `demo` to the platform's own model, every other name to the configured provider (`openrouter` by default).
 * @throws AppError INVALID_REQUEST for `custom` without an endpoint, or with an endpoint at a private address
 */
export async function modelFromName(model: string, config: AgentConfig, settings: Settings): Promise<Choice> {
  if (model === 'custom') return customEndpoint(config, settings);
  if (model === 'demo') return { model, aiProvider: 'demo' };
  if (model === 'claude-opus-4-6') return { model, aiProvider: 'anthropic' };
  return { model, aiProvider: config.aiProvider ?? 'openrouter' };
}

/**
 * Applies a change to an agent's model, provider and configuration. A `baseUrl` selects the provider `custom`; a named
 * provider replaces `custom`. A new provider without a model, or the model null, selects the provider's default model.
 * Everything else stays.
 * @throws AppError INVALID_REQUEST for a custom endpoint without URL or model
 */
export function modelAfterChange(
  agent: { model: string; aiProvider: string; config: unknown },
  changed: AgentConfigChange,
): Choice & { config: AgentConfig } {
  const aiProvider = changed.baseUrl ? 'custom' : (changed.aiProvider ?? (agent.aiProvider as ProviderId));
  const { baseUrl, model, aiProvider: namedProvider, ...rest } = { ...readAgentConfig(agent), ...changed };
  if (aiProvider === 'custom') {
    if (!baseUrl || !model) throw new AppError('INVALID_REQUEST', ENDPOINT_INCOMPLETE);
    return { model: 'custom', aiProvider, config: { ...rest, baseUrl, model } };
  }
  if (aiProvider === 'demo') {
    if (changed.model) throw new AppError('INVALID_REQUEST', 'The demo model has no other models: name a provider with the model');
    return { model: 'demo', aiProvider, config: rest };
  }
  // A model's name is valid for one provider only, so a new provider drops the old name.
  const isNewProvider = aiProvider !== agent.aiProvider;
  const configModel = isNewProvider ? changed.model : model;
  const fallback = isNewProvider || changed.model === null ? defaultModelOf(aiProvider) : agent.model;
  const config = { ...rest, ...(namedProvider && { aiProvider }), ...(configModel && { model: configModel }) };
  return { model: changed.model ?? fallback, aiProvider, config };
}

/**
 * Maps a machine client's configuration to model and provider: `custom` when `baseUrl` is set, otherwise the configured
 * provider (`openrouter` by default) with the named model or the provider's default model.
 * @throws AppError INVALID_REQUEST for an endpoint without a model, or at a private address
 */
export async function modelFromConfig(config: AgentConfig, settings: Settings): Promise<Choice> {
  if (config.baseUrl) return customEndpoint(config, settings);
  const aiProvider = config.aiProvider ?? 'openrouter';
  return { model: config.model ?? defaultModelOf(aiProvider), aiProvider };
}
