import { Readable } from 'node:stream';
import { AppError } from '@agentbot/contracts';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { APICallError, type LanguageModel, type ModelMessage, RetryError, StreamProviderError, streamText } from 'ai';
import type { Agent, Message } from '../../generated/prisma/client.ts';
import { readsImages } from '../../infra/openclaw/image-input.ts';
import type { ModelTarget } from '../../infra/openclaw/providers.ts';
import { instructionsOf } from '../agents/specializations.ts';
import type { Context } from '../context.ts';
import { callModel, ModelRefusal } from '../usage/call-model.ts';
import { type ModelAccess, readModelAccess } from '../usage/model-access.ts';
import { conversation } from './conversation.ts';
import { promptImages, type StoredImage } from './message-images.ts';
import { NoEventStream, requireEventStream, withoutThoughts } from './model-stream.ts';
import { answeredNothing, interrupted, ReplyError, replyErrorFrom } from './reply-error.ts';

const MAX_HISTORY_MESSAGES = 40;
const TIMEOUT_MS = 120_000;

/** The address of the model gateway for the clients of the model APIs: their requests go to `callModel`, not over the network. */
const IN_PROCESS = 'http://model-gateway';

/** A `fetch` that calls an agent's model through the model gateway's own function. */
function fetchModel(context: Context, access: ModelAccess, target: ModelTarget): typeof fetch {
  const fetchFrom = async (url: string, init: RequestInit) => {
    const { pathname, search } = new URL(url);
    const response = await callModel(context, access, {
      source: 'api',
      target,
      path: pathname,
      search,
      headers: Object.fromEntries(new Headers(init.headers)),
      body: JSON.parse(String(init.body)),
      signal: init.signal ?? context.closing,
    });
    const { status, headers, body } = response;
    return new Response(Readable.toWeb(body) as ReadableStream, { status, headers });
  };
  return requireEventStream(fetchFrom as unknown as typeof fetch);
}

function languageModel(context: Context, access: ModelAccess, target: ModelTarget): LanguageModel {
  // The model gateway replaces the key.
  const options = { apiKey: 'model-gateway', fetch: fetchModel(context, access, target) };
  switch (target.api) {
    case 'anthropic-messages':
      return createAnthropic({ ...options, baseURL: `${IN_PROCESS}/v1` })(target.model);
    case 'google-generative-ai':
      return createGoogleGenerativeAI({ ...options, baseURL: IN_PROCESS })(target.model);
    case 'openai-completions':
      return createOpenAICompatible({ ...options, name: target.gatewayName, baseURL: IN_PROCESS })(target.model);
  }
}

/**
 * The provider's own reason. The rest of an error is left out: it contains the conversation and the provider's whole response.
 * @param text what came of the reply
 */
function reasonOf(error: unknown, text: string): string {
  const last = RetryError.isInstance(error) ? error.lastError : error;
  if (last instanceof NoEventStream || last instanceof AppError) return last.message;
  // Status 200: the call succeeded, then the stream was cut.
  if (APICallError.isInstance(last) && last.statusCode !== 200) return `${last.statusCode ?? 'no answer'}: ${last.message}`;
  if (StreamProviderError.isInstance(last)) return last.statusCode ? `${last.statusCode}: ${last.message}` : last.message;
  return text ? 'its reply ended early' : 'its reply was empty';
}

/** The model gateway's refusal behind an error; undefined when it did not refuse. */
function refusalIn(error: unknown): ModelRefusal | undefined {
  const last = RetryError.isInstance(error) ? error.lastError : error;
  return [last, (last as { cause?: unknown } | undefined)?.cause].find((each) => each instanceof ModelRefusal);
}

/** The messages of a prompt. It begins with a person's message: Anthropic refuses any other. */
function promptMessages(history: Message[], images: Map<string, StoredImage[]>): ModelMessage[] {
  const first = history.findIndex(({ sender }) => sender === 'user');
  return history.slice(first).map(({ id, sender, content }) => {
    if (sender !== 'user') return { role: 'assistant', content };
    const files = images.get(id)?.map(({ bytes, type }) => ({ type: 'file' as const, data: bytes, mediaType: type }));
    return { role: 'user', content: files ? [{ type: 'text', text: content }, ...files] : content };
  });
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
  const { database } = context;
  const access = await readModelAccess(context, agent.id, 'row');
  const target = access?.targets[0];
  if (!access || !target) throw answeredNothing();
  const { history, images } = await database.as('service', async (tx) => {
    const history = await conversation(tx, { sessionId: message.sessionId }, MAX_HISTORY_MESSAGES, message);
    return { history, images: readsImages(target) ? await promptImages(tx, history, message) : new Map() };
  });
  const stop = AbortSignal.any([context.closing, signal]);
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  let text = '';
  try {
    let failure: unknown;
    const system = instructionsOf(agent);
    const { textStream, finishReason } = streamText({
      model: languageModel(context, access, target),
      ...(system && { system }),
      messages: promptMessages(history, images),
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
    const refusal = refusalIn(error);
    if (refusal?.status === 401) throw new ReplyError('unauthorized', refusal.message);
    const cause = timeout.aborted ? `it did not answer in ${TIMEOUT_MS / 1000} seconds` : (refusal?.message ?? reasonOf(error, text));
    const reason = cause.slice(0, 300);
    throw replyErrorFrom(reason, 'bad_response', `The model provider failed (${reason})`);
  }
}
