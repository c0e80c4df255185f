import { type AgentConfig, AppError } from '@agentbot/contracts';
import type { Config } from '../config.ts';
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
 * Model and provider after a change of an agent's configuration: a new endpoint is `custom`; a new provider without a
 * model brings its default one; otherwise what was stays.
 * @param merged the whole configuration as it will be
 * @throws AppError INVALID_REQUEST for an endpoint without a model, or the other way round
 */
export function modelAfterChange(agent: { model: string; aiProvider: string }, changed: AgentConfig, merged: AgentConfig): Choice {
  const aiProvider = changed.baseUrl ? 'custom' : (changed.aiProvider ?? (agent.aiProvider as ProviderId));
  if (aiProvider === 'custom') {
    if (!merged.baseUrl || !merged.model) throw new AppError('INVALID_REQUEST', ENDPOINT_INCOMPLETE);
    return { model: 'custom', aiProvider };
  }
  if (aiProvider === agent.aiProvider) return { model: changed.model ?? agent.model, aiProvider };
  return { model: changed.model ?? defaultModelOf(aiProvider), aiProvider };
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
