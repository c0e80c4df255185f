import type { AgentConfig, ModelTestResult } from '@agentbot/contracts';
import { request as send } from 'undici';
import { modelFromConfig, modelFromName } from '../../infra/openclaw/model-choice.ts';
import { connectionsFor } from '../../infra/openclaw/model-connections.ts';
import { isKnown, modelTarget } from '../../infra/openclaw/providers.ts';
import { type Actor, userOf } from '../../shared/actor.ts';
import type { Context } from '../context.ts';
import { readProviderKeys } from '../provider-keys/stored-keys.ts';
import { ModelRefusal, urlOf } from './call-model.ts';
import { answerAsDemo } from './demo-model.ts';
import { modelDialects } from './dialects.ts';
import { createKeyRedactor } from './redact-key.ts';
import { readAnswer, runModelTest } from './run-model-test.ts';

interface NewModel {
  /** The dashboard's name of the model; without it, `config` alone selects provider and model. */
  model?: string | undefined;
  config: Pick<AgentConfig, 'aiProvider' | 'baseUrl' | 'model' | 'apiKey'>;
}

/**
 * Calls a model once, as an agent with this configuration would: with the key of the request, else with the account's. The test
 * does not use the installation's key: the call is not in the ledger, since no agent exists. Nothing is stored.
 * @throws AppError INVALID_REQUEST for an incomplete endpoint, or one at an address that is not allowed
 */
export async function testNewModel(
  context: Pick<Context, 'config' | 'modelConnections' | 'database' | 'envelope'>,
  actor: Actor,
  { model, config: { apiKey: given, ...config } }: NewModel,
): Promise<ModelTestResult> {
  const { ALLOW_PRIVATE_MODEL_ENDPOINTS: allowPrivate } = context.config;
  const choice = await (model ? modelFromName(model, config, context.config) : modelFromConfig(config, context.config));
  const target = modelTarget({ ...choice, config }, context.config);
  const ownerId = userOf(actor);
  const saved = given ? undefined : await context.database.as({ userId: ownerId }, (tx) => readProviderKeys(tx, context.envelope, ownerId));
  const apiKey = given ?? saved?.get(target.provider)?.value;
  return runModelTest(target, async ({ path, headers, body }, signal) => {
    if (target.provider === 'demo') return { status: 200, text: await readAnswer((await answerAsDemo(body)).body) };
    if (!apiKey && isKnown(target.provider)) {
      throw new ModelRefusal(401, 'no_key', `The test needs a key for ${target.provider}. Enter the key, then test again`);
    }
    const url = urlOf({ target, path, search: '' });
    const response = await send(url, {
      method: 'POST',
      dispatcher: connectionsFor(context.modelConnections, target, url, allowPrivate),
      signal,
      headers: {
        ...headers,
        'accept-encoding': 'identity',
        'content-type': 'application/json',
        ...(apiKey ? modelDialects[target.api].keyHeader(apiKey) : {}),
      },
      body: JSON.stringify(body),
    });
    // Some providers repeat the key in their errors.
    return { status: response.statusCode, text: createKeyRedactor(apiKey).text(await readAnswer(response.body)) };
  });
}
