import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { connectionsFor } from '../../infra/openclaw/model-connections.ts';
import { containerUrlToHostUrl } from '../../infra/openclaw/model-endpoint.ts';
import { isKnown, type ModelTarget } from '../../infra/openclaw/providers.ts';
import type { Context } from '../context.ts';
import { answerAsDemo } from './demo-model.ts';
import { type ModelRequest, modelDialects } from './dialects.ts';
import { estimateTokens } from './estimate.ts';
import { beginCall, budgetSentences, endCall } from './ledger.ts';
import type { ModelAccess } from './model-access.ts';
import { passThrough } from './pass-through.ts';
import { passedRequestHeaders, passedResponseHeaders } from './passed-headers.ts';
import { type Cost, costOf, microsOf, type OwnerPrice, worstCost } from './prices.ts';
import { createKeyRedactor } from './redact-key.ts';
import { noTokens, type TokenUsage } from './token-usage.ts';
import { createUsageReader, type Reading } from './usage-reader.ts';
import { watchKey } from './watch-key.ts';

/** Under a budget: the limit of a request that names none, and the highest limit. */
const DEFAULT_OUTPUT = 8_192;
const MAX_OUTPUT = 32_768;
/** Under a budget: tokens that are not in the request, such as a provider's own instructions for tools, and those of one picture. */
const HIDDEN_INPUT = 1_024;
const PICTURE_TOKENS = 40_000;
/** How long the end of a response waits for the ledger. */
const LEDGER_MS = 1_000;

/** Why the model gateway does not make a call. */
export class ModelRefusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

interface ModelCallInput {
  source: 'agent' | 'api' | 'test';
  target: ModelTarget;
  /** Below the provider's base URL. */
  path: string;
  /** The query, with `?`. */
  search: string;
  headers: Record<string, string | string[] | undefined>;
  body: Record<string, unknown>;
  signal: AbortSignal;
}

export interface ModelResponse {
  status: number;
  headers: Record<string, string>;
  /** Must be read to its end or destroyed: only then does the call end. */
  body: Readable;
}

type Slice = Pick<Context, 'config' | 'pool' | 'processId' | 'log' | 'background' | 'modelConnections' | 'database' | 'clock'>;

/** The URL of a call. Anthropic's base URL may or may not end with the version. */
export function urlOf({ target, path, search }: Pick<ModelCallInput, 'target' | 'path' | 'search'>): URL {
  const base = containerUrlToHostUrl(target.baseUrl);
  return new URL(`${target.api === 'anthropic-messages' ? base.replace(/\/v1$/, '') : base}${path}${search}`);
}

/** The limit of the output; under a budget there always is one. @throws ModelRefusal for a request whose cost its size does not bound */
function limitFor(hasBudget: boolean, request: ModelRequest): number | undefined {
  if (!hasBudget) return request.maxOutput;
  if (request.extra) {
    throw new ModelRefusal(
      400,
      'cost_not_bounded',
      `Under a budget, a request may not contain ${request.extra}: its cost is not known beforehand`,
    );
  }
  return Math.min(request.maxOutput ?? DEFAULT_OUTPUT, MAX_OUTPUT);
}

/** The tokens to book: those that the provider reported, or an estimate when it reported none or the response did not end. */
async function usageToBook(reading: Reading, sent: string): Promise<{ usage: TokenUsage; estimated: boolean }> {
  if (reading.usage && reading.isFinal) return { usage: reading.usage, estimated: false };
  const told = reading.usage ?? noTokens;
  const [input, output] = [told.input || (await estimateTokens(sent)), await estimateTokens(reading.text)];
  return { usage: { ...told, input, output: Math.max(told.output, output) }, estimated: true };
}

function costToBook(target: ModelTarget, usage: TokenUsage, { costUsd }: Reading, ownerPrice: OwnerPrice | undefined): Cost | undefined {
  if (costUsd !== undefined && target.provider === 'openrouter') return { micros: microsOf(costUsd), source: 'provider' };
  return costOf(target.provider, target.model, usage, ownerPrice);
}

/**
 * Returns the function that sends a call to its provider, or lets the demo model answer.
 * @throws AppError FORBIDDEN for an address that is not allowed
 */
function sender(
  { modelConnections, config }: Slice,
  input: ModelCallInput,
  headers: Record<string, string | string[]>,
  sent: string,
  key: string | undefined,
) {
  const { target, body, signal } = input;
  if (target.provider === 'demo') return () => answerAsDemo(body);
  const url = urlOf(input);
  const dispatcher = connectionsFor(modelConnections, target, url, config.ALLOW_PRIVATE_MODEL_ENDPOINTS);
  const keyHeader = key === undefined ? {} : modelDialects[target.api].keyHeader(key);
  return () =>
    request(url, {
      method: 'POST',
      dispatcher,
      signal,
      headers: { ...headers, 'accept-encoding': 'identity', 'content-type': 'application/json', ...keyHeader },
      body: sent,
    });
}

/**
 * Calls an agent's model with the provider's key. The call's worst case is reserved under the budgets first; the tokens that the
 * provider reports are booked at the end. Two things change in the request's body: the limit of the output, and the option that
 * makes the provider report its tokens.
 * @throws ModelRefusal when the call is not made, also past a budget
 * @throws AppError FORBIDDEN for an address that is not allowed
 * @throws TypeError `fetch failed` with its cause when the provider cannot be reached
 */
export async function callModel(context: Slice, access: ModelAccess, input: ModelCallInput): Promise<ModelResponse> {
  const { target, source, signal } = input;
  const { agent } = access;
  const dialect = modelDialects[target.api];
  const asked = dialect.read(input.path, input.body);
  if (!asked) throw new ModelRefusal(404, 'not_found', 'The model gateway does not serve this path');
  if (asked.namesOtherModels) throw new ModelRefusal(403, 'model_not_allowed', 'This agent may call only its own models');
  const key = access.keyFor(target);
  if (!key && isKnown(target.provider)) {
    throw new ModelRefusal(
      401,
      'no_key',
      `The agent has no key for ${target.provider}. Its owner can add one to it or to the account; after a change of the provider, the agent must be restarted`,
    );
  }
  // An owner's price must not lower what the installation's key costs.
  const isShared = key?.source === 'installation';
  const ownerPrice = isShared ? undefined : access.ownerPrice;
  const hasBudget = access.hasBudget || isShared;
  const maxOutput = limitFor(hasBudget, asked);
  const sent = JSON.stringify(dialect.write(input.body, asked, target.provider, hasBudget ? maxOutput : undefined));
  const send = sender(context, input, passedRequestHeaders(input.headers, isShared), sent, key?.value);

  const tokens = { input: Buffer.byteLength(sent) + HIDDEN_INPUT + asked.pictures * PICTURE_TOKENS, output: maxOutput ?? MAX_OUTPUT };
  const id = randomUUID();
  const refusal = await beginCall(context, {
    id,
    agentId: agent.id,
    source,
    provider: target.provider,
    model: target.model,
    worst: worstCost(target.provider, target.model, tokens, ownerPrice),
    plan: agent.plan,
    keySource: key?.source,
    allowance: access.allowance,
  });
  if (refusal === 'gone') throw new ModelRefusal(401, 'no_agent', 'There is no such agent');
  if (refusal) throw new ModelRefusal(402, 'BUDGET_EXCEEDED', `BUDGET_EXCEEDED: ${budgetSentences[refusal]}`);

  async function end(outcome: 'done' | 'aborted' | 'failed', status: number | undefined, reading: Reading | undefined): Promise<void> {
    const { usage, estimated } = reading ? await usageToBook(reading, sent) : { usage: noTokens, estimated: false };
    const cost = reading && costToBook(target, usage, reading, ownerPrice);
    const ending = endCall(context, id, { outcome, status, usage, cost, estimated });
    context.background(ending);
    await Promise.race([ending, sleep(LEDGER_MS, undefined, { ref: false })]);
  }
  /** Books a response in which the caller no longer waits for an error. */
  const endResponse = (outcome: 'done' | 'aborted' | 'failed', status: number, reading: Reading | undefined): Promise<void> =>
    end(outcome, status, reading).catch((error) => context.log.error({ err: error, call: id }, 'a model call could not be booked'));

  let response: Awaited<ReturnType<typeof send>>;
  try {
    response = await send();
  } catch (error) {
    // A provider that got the request may bill its input.
    const wasSent =
      signal.aborted || /^UND_ERR_(HEADERS_TIMEOUT|SOCKET|BODY_TIMEOUT|ABORTED)$/.test(String((error as { code?: string }).code));
    await end(signal.aborted ? 'aborted' : 'failed', undefined, wasSent ? createUsageReader(dialect, false).end() : undefined);
    if (signal.aborted) throw error;
    throw new TypeError('fetch failed', { cause: error });
  }
  const { statusCode: status, body } = response;
  const redactor = createKeyRedactor(key?.value);
  const watch = watchKey(context, key, target, status);
  const headers = passedResponseHeaders(response.headers, isShared);
  for (const [name, value] of Object.entries(headers)) headers[name] = redactor.text(value);
  const isError = status >= 300;
  const reader = createUsageReader(dialect, !/^application\/(\w+\+)?json\b/i.test(headers['content-type'] ?? ''));
  const passed = passThrough(body, {
    pass(chunk) {
      if (!isError) reader.feed(chunk);
      watch.feed(chunk);
      return redactor.bytes(chunk);
    },
    async end() {
      watch.end();
      passed.push(redactor.rest());
      await endResponse(isError ? 'failed' : 'done', status, isError ? undefined : reader.end());
    },
    cut(byProvider) {
      watch.end();
      const isCaller = signal.aborted || !byProvider;
      void endResponse(isError || !isCaller ? 'failed' : 'aborted', status, isError ? undefined : reader.end());
    },
  });
  return { status, headers, body: passed };
}
