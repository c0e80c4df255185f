import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ModelTestResult } from '@agentbot/contracts';
import type { ModelTarget } from '../../infra/openclaw/providers.ts';
import { ModelRefusal } from './call-model.ts';
import { outputField } from './dialects.ts';

const TIMEOUT_MS = 45_000;
/** Enough for a few words; some models refuse less. */
const MAX_TOKENS = 16;
const MAX_MESSAGE = 300;

/** A reply of a few tokens is shorter; a longer one is not read further. */
const MAX_ANSWER = 256 * 1024;

type Kind = NonNullable<ModelTestResult['error']>['kind'];
/** The smallest request of each protocol. */
const requests = {
  'openai-completions': ({ model, provider }: ModelTarget) => ({
    path: '/chat/completions',
    body: { model, messages: [{ role: 'user', content: 'Say hello' }], [outputField(provider)]: MAX_TOKENS },
  }),
  'anthropic-messages': ({ model }: ModelTarget) => ({
    path: '/v1/messages',
    body: { model, messages: [{ role: 'user', content: 'Say hello' }], max_tokens: MAX_TOKENS },
  }),
  'google-generative-ai': ({ model }: ModelTarget) => ({
    path: `/models/${encodeURIComponent(model)}:generateContent`,
    body: { contents: [{ role: 'user', parts: [{ text: 'Say hello' }] }], generationConfig: { maxOutputTokens: MAX_TOKENS } },
  }),
};

const sentences: Record<Exclude<Kind, 'budget'>, string> = {
  unreachable: 'The address of the model cannot be reached. Check it, and whether its server runs',
  unauthorized: 'The provider refused the key. Check the key and its rights',
  model: 'The provider does not know this model, or the key may not use it',
  quota: 'The account at the provider has no credit left',
  rate_limited: 'The provider asks to wait. Try again in a minute',
  timeout: `The model did not answer within ${TIMEOUT_MS / 1000} seconds`,
  bad_response: 'The answer is not that of a model. Check the address',
};

/** The kind of a provider's error. @param text the beginning of its body */
function kindOfStatus(status: number, text: string): Exclude<Kind, 'budget'> {
  if (status === 402 || /insufficient_quota|billing|credit/i.test(text)) return 'quota';
  if (status === 404 || /model_not_found|not a valid model|model.{0,60}(not exist|not found|not supported)/i.test(text)) return 'model';
  if (status === 401 || status === 403 || /api.?key/i.test(text)) return 'unauthorized';
  return status === 429 ? 'rate_limited' : 'bad_response';
}

/** The provider's own sentence of an error; undefined when it has none. */
function sentenceIn(text: string): string | undefined {
  try {
    const { error } = JSON.parse(text);
    const message = typeof error === 'string' ? error : error?.message;
    return typeof message === 'string' ? message.slice(0, MAX_MESSAGE) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a text is a reply of one of the protocols. */
function isAnswer(text: string): boolean {
  try {
    const { choices, content, candidates } = JSON.parse(text);
    return [choices, content, candidates].some(Array.isArray);
  } catch {
    return false;
  }
}

/** The beginning of a response. */
export async function readAnswer(body: Readable): Promise<string> {
  let text = '';
  for await (const chunk of body.setEncoding('utf8')) {
    text += chunk;
    if (text.length > MAX_ANSWER) break;
  }
  return text;
}

/** The smallest request to a model. */
export interface SmallestRequest {
  path: string;
  headers: Record<string, string>;
  body: Record<string, unknown>;
}

/**
 * Calls a model once, for a reply of a few tokens.
 * @param send sends the request with a key, and returns what the provider answered
 * @returns how long the reply took, or the kind of the error with a sentence
 */
export async function runModelTest(
  target: ModelTarget,
  send: (request: SmallestRequest, signal: AbortSignal) => Promise<{ status: number; text: string }>,
): Promise<ModelTestResult> {
  const begun = performance.now();
  const result = (error?: ModelTestResult['error']): ModelTestResult => ({
    ok: !error,
    ms: Math.round(performance.now() - begun),
    model: target.model,
    ...(error && { error }),
  });
  const failed = (kind: Exclude<Kind, 'budget'>, detail?: string) =>
    result({ kind, message: `${sentences[kind]}${detail ? ` (${detail})` : ''}` });

  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const late = sleep(TIMEOUT_MS, 'late' as const, { ref: false });
  try {
    const headers = requestHeaders(target.api);
    const answer = await Promise.race([send({ headers, ...requests[target.api](target) }, signal), late]);
    if (answer === 'late') return failed('timeout');
    if (answer.status >= 400) return failed(kindOfStatus(answer.status, answer.text), sentenceIn(answer.text));
    return isAnswer(answer.text) ? result() : failed('bad_response', sentenceIn(answer.text));
  } catch (error) {
    if (signal.aborted) return failed('timeout');
    if (!(error instanceof ModelRefusal)) return failed('unreachable');
    if (error.code === 'BUDGET_EXCEEDED') return result({ kind: 'budget', message: error.message.replace(/^BUDGET_EXCEEDED: /, '') });
    return error.code === 'no_key' ? result({ kind: 'unauthorized', message: error.message }) : failed('unreachable', error.message);
  }
}

const requestHeaders = (api: keyof typeof requests): Record<string, string> =>
  api === 'anthropic-messages' ? { 'anthropic-version': '2023-06-01' } : {};
