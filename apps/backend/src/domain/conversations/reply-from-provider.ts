import { isIP } from 'node:net';
import { AppError } from '@agentbot/contracts';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { APICallError, type LanguageModel, RetryError, streamText } from 'ai';
import { Agent as Connections, fetch as fetchOver } from 'undici';
import type { Agent, Message } from '../../generated/prisma/client.ts';
import { secretValues } from '../../infra/crypto/agent-secrets.ts';
import { containerUrlToHostUrl, hostOf, mayReach, reachableLookup } from '../../infra/openclaw/model-endpoint.ts';
import { type ModelTarget, modelTarget } from '../../infra/openclaw/providers.ts';
import { redact } from '../../shared/redact.ts';
import { readSecretsFor } from '../agents/model-key.ts';
import { promptOf } from '../agents/specializations.ts';
import type { Context } from '../context.ts';
import { conversation } from './conversation.ts';
import { INTERRUPTED } from './settle-reply.ts';

const MAX_HISTORY_MESSAGES = 40;
const TIMEOUT_MS = 120_000;

/** A `fetch` for the address that a user gave: it refuses forbidden addresses and redirects (SSRF). */
function fetchFor(allowPrivate: boolean): typeof fetch {
  const dispatcher = new Connections({ connect: { lookup: reachableLookup(allowPrivate) } });
  const fetchFrom = async (url: string, init: object) => {
    const host = hostOf(new URL(url));
    // An IP address skips the DNS lookup, so it is checked here.
    if (isIP(host) && !mayReach(host, allowPrivate)) throw new Error(`The address ${host} is not allowed`);
    return fetchOver(url, { ...init, dispatcher, redirect: 'error' });
  };
  return fetchFrom as unknown as typeof fetch;
}
const userFetch = { public: fetchFor(false), any: fetchFor(true) };

function languageModel(target: ModelTarget, apiKey: string, allowPrivate: boolean): LanguageModel {
  const baseURL = containerUrlToHostUrl(target.baseUrl);
  switch (target.api) {
    case 'anthropic-messages':
      return createAnthropic({ apiKey, baseURL: baseURL.endsWith('/v1') ? baseURL : `${baseURL}/v1` })(target.model);
    case 'google-generative-ai':
      return createGoogleGenerativeAI({ apiKey, baseURL })(target.model);
    case 'openai-completions':
      return createOpenAICompatible({
        name: target.gatewayName,
        apiKey,
        baseURL,
        // The operator sets the addresses of the other providers.
        ...(target.provider === 'custom' && { fetch: allowPrivate ? userFetch.any : userFetch.public }),
      })(target.model);
  }
}

/**
 * Gets the reply of an agent without a container: the backend calls the agent's model provider with the session up to the
 * message.
 * @param signal aborts the call
 * @returns the model's reply
 * @throws AppError OPERATION_FAILED with the provider's reason
 */
export async function replyFromProvider(
  context: Context,
  agent: Agent,
  message: Message,
  { onText, signal }: { onText: (soFar: string) => void; signal: AbortSignal },
): Promise<string> {
  const { database, envelope, config } = context;
  const { history, secrets } = await database.as('service', async (tx) => ({
    history: await conversation(tx, { sessionId: message.sessionId }, MAX_HISTORY_MESSAGES, message),
    secrets: await readSecretsFor(tx, envelope, agent),
  }));
  const stop = AbortSignal.any([context.closing, signal]);
  try {
    let failure: unknown;
    const system = promptOf(agent.specialization);
    const { textStream } = streamText({
      model: languageModel(modelTarget(agent, config), secrets.apiKey ?? '', config.ALLOW_PRIVATE_MODEL_ENDPOINTS),
      ...(system && { system }),
      messages: history.map(({ sender, content }) => ({ role: sender === 'user' ? ('user' as const) : ('assistant' as const), content })),
      abortSignal: AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), stop]),
      maxRetries: 1,
      onError: ({ error }) => {
        failure = error;
      },
    });
    let text = '';
    for await (const chunk of textStream) {
      text += chunk;
      onText(text);
    }
    // An aborted stream ends like a complete one.
    stop.throwIfAborted();
    if (failure) throw failure;
    return text;
  } catch (error) {
    if (signal.aborted) throw new AppError('OPERATION_FAILED', INTERRUPTED);
    const last = RetryError.isInstance(error) ? error.lastError : error;
    const reason = APICallError.isInstance(last) ? `${last.statusCode ?? 'no answer'}: ${last.message}` : 'it did not answer';
    // The cause is left out: it contains the conversation and the provider's response, which may repeat the key.
    throw new AppError('OPERATION_FAILED', `The model provider failed (${redact(reason, secretValues(secrets)).slice(0, 300)})`);
  }
}
