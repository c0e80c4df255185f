import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '@agentbot/contracts';
import type { ModelTarget } from '../../infra/openclaw/providers.ts';
import type { Actor } from '../../shared/actor.ts';
import { getAgent } from '../agents/agents.ts';
import type { Context } from '../context.ts';
import { callModel, ModelRefusal } from './call-model.ts';
import { outputField } from './dialects.ts';
import { readModelAccess } from './model-access.ts';

const TIMEOUT_MS = 45_000;
/** Enough for a few words; some models refuse less. */
const MAX_TOKENS = 16;
const MAX_MESSAGE = 300;

type Kind = 'unreachable' | 'unauthorized' | 'model' | 'quota' | 'rate_limited' | 'budget' | 'timeout' | 'bad_response';
interface TestResult {
  ok: boolean;
  ms: number;
  model: string;
  error?: { kind: Kind; message: string };
}

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

/**
 * Calls the model of the actor's agent once, with its stored key. The call is in the ledger and under the budget like any other.
 * @throws AppError AGENT_NOT_FOUND
 */
export async function testModel(context: Context, actor: Actor, id: string): Promise<TestResult> {
  await getAgent(context, actor, id);
  const access = await readModelAccess(context, id, 'row');
  const target = access?.targets[0];
  if (!access || !target) throw new AppError('AGENT_NOT_FOUND');
  const begun = performance.now();
  const result = (error?: TestResult['error']): TestResult => ({
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
    const called = callModel(context, access, {
      source: 'test',
      target,
      search: '',
      headers: requestHeaders(target.api),
      signal,
      ...requests[target.api](target),
    });
    const response = await called;
    const read = (async () => {
      let text = '';
      for await (const chunk of response.body.setEncoding('utf8')) text += chunk;
      return text;
    })();
    const text = await Promise.race([read, late]);
    if (text === 'late') return failed('timeout');
    if (response.status >= 400) return failed(kindOfStatus(response.status, text), sentenceIn(text));
    return isAnswer(text) ? result() : failed('bad_response', sentenceIn(text));
  } catch (error) {
    if (signal.aborted) return failed('timeout');
    if (!(error instanceof ModelRefusal)) return failed('unreachable');
    if (error.code === 'BUDGET_EXCEEDED') return result({ kind: 'budget', message: error.message.replace(/^BUDGET_EXCEEDED: /, '') });
    return error.code === 'no_key' ? result({ kind: 'unauthorized', message: error.message }) : failed('unreachable', error.message);
  }
}

const requestHeaders = (api: keyof typeof requests): Record<string, string> =>
  api === 'anthropic-messages' ? { 'anthropic-version': '2023-06-01' } : {};

/** Whether a text is a reply of one of the protocols. */
function isAnswer(text: string): boolean {
  try {
    const { choices, content, candidates } = JSON.parse(text);
    return [choices, content, candidates].some(Array.isArray);
  } catch {
    return false;
  }
}
