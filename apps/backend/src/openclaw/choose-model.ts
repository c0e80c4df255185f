import { type AgentConfig, AppError } from '@agentbot/contracts';
import type { Config } from '../config.ts';
import { assertPublicEndpoint } from './model-endpoint.ts';
import { defaultModelOf, type ProviderId } from './providers.ts';

type Settings = Pick<Config, 'ALLOW_PRIVATE_MODEL_ENDPOINTS'>;
interface Choice {
  model: string;
  aiProvider: ProviderId;
}

async function customEndpoint({ baseUrl, model }: AgentConfig, settings: Settings): Promise<Choice> {
  if (!baseUrl || !model) throw new AppError('INVALID_REQUEST', 'The model custom needs config.baseUrl and config.model');
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
 * Model and provider for a machine client's configuration: an endpoint of its own when `baseUrl` is given, else the
 * provider (`openrouter` by default) with its own default model unless one is named.
 * @throws AppError INVALID_REQUEST for an endpoint that is incomplete or private
 */
export async function modelFromConfig(config: AgentConfig, settings: Settings): Promise<Choice> {
  if (config.baseUrl) return customEndpoint(config, settings);
  const aiProvider = config.aiProvider ?? 'openrouter';
  return { model: config.model ?? defaultModelOf(aiProvider), aiProvider };
}
