import { isIP } from 'node:net';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { APICallError, type LanguageModel, RetryError, StreamProviderError, streamText } from 'ai';
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
import { NoEventStream, requireEventStream, withoutThoughts } from './model-stream.ts';
import { interrupted, kindOf, ReplyError } from './reply-error.ts';

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
  return requireEventStream(fetchFrom as unknown as typeof fetch);
}
const userFetch = { public: fetchFor(false), any: fetchFor(true) };
const providerFetch = requireEventStream((input, init) => fetch(input, init));

function languageModel(target: ModelTarget, apiKey: string, allowPrivate: boolean): LanguageModel {
  const baseURL = containerUrlToHostUrl(target.baseUrl);
  switch (target.api) {
    case 'anthropic-messages':
      return createAnthropic({ apiKey, baseURL: baseURL.endsWith('/v1') ? baseURL : `${baseURL}/v1`, fetch: providerFetch })(target.model);
    case 'google-generative-ai':
      return createGoogleGenerativeAI({ apiKey, baseURL, fetch: providerFetch })(target.model);
    case 'openai-completions':
      return createOpenAICompatible({
        name: target.gatewayName,
        apiKey,
        baseURL,
        // The operator sets the addresses of the other providers.
        fetch: target.provider !== 'custom' ? providerFetch : allowPrivate ? userFetch.any : userFetch.public,
      })(target.model);
  }
}

/**
 * The provider's own reason. The rest of an error is left out: it contains the conversation and the provider's whole response.
 * @param text what came of the reply
 */
function reasonOf(error: unknown, text: string): string {
  const last = RetryError.isInstance(error) ? error.lastError : error;
  if (last instanceof NoEventStream) return last.message;
  // Status 200: the call succeeded, then the stream was cut.
  if (APICallError.isInstance(last) && last.statusCode !== 200) return `${last.statusCode ?? 'no answer'}: ${last.message}`;
  if (StreamProviderError.isInstance(last)) return last.statusCode ? `${last.statusCode}: ${last.message}` : last.message;
  return text ? 'its reply ended early' : 'its reply was empty';
}

/** The messages of a prompt. It begins with a person's message: Anthropic refuses any other. */
function promptMessages(history: Message[]) {
  const first = history.findIndex(({ sender }) => sender === 'user');
  return history
    .slice(first)
    .map(({ sender, content }) => ({ role: sender === 'user' ? ('user' as const) : ('assistant' as const), content }));
}

/**
 * Gets the reply of an agent without a container: the backend calls the agent's model provider with the session up to the
 * message.
 * @param signal aborts the call
 * @returns the model's reply
 * @throws ReplyError with the provider's reason
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
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  let text = '';
  try {
    let failure: unknown;
    const system = promptOf(agent.specialization);
    const { textStream, finishReason } = streamText({
      model: languageModel(modelTarget(agent, config), secrets.apiKey ?? '', config.ALLOW_PRIVATE_MODEL_ENDPOINTS),
      ...(system && { system }),
      messages: promptMessages(history),
      abortSignal: AbortSignal.any([timeout, stop]),
      maxRetries: 1,
      onError: ({ error }) => {
        failure = error;
      },
    });
    for await (const chunk of textStream) {
      text += chunk;
      onText(withoutThoughts(text, false));
    }
    // An aborted stream ends like a complete one.
    stop.throwIfAborted();
    if (failure) throw failure;
    if ((await finishReason) === 'interrupted') throw new Error('The stream ended without a finish reason');
    return withoutThoughts(text, true);
  } catch (error) {
    if (signal.aborted) throw interrupted();
    // The provider may repeat the key.
    const cause = timeout.aborted ? `it did not answer in ${TIMEOUT_MS / 1000} seconds` : reasonOf(error, text);
    const reason = redact(cause, secretValues(secrets)).slice(0, 300);
    throw new ReplyError(kindOf(reason, 'bad_response'), `The model provider failed (${reason})`);
  }
}
