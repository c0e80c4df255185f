import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { anthropicDialect } from './anthropic-dialect.ts';
import type { Dialect, ModelCall, Provider, Refusal, ServerSentEvent } from './dialect.ts';
import { geminiDialect } from './gemini-dialect.ts';
import { groqDialect } from './groq-dialect.ts';
import { lastWords } from './last-words.ts';
import { answerList, defaultLists, type ListedModel, listedProvider } from './model-list.ts';
import { openaiDialect } from './openai-dialect.ts';
import { openrouterDialect } from './openrouter-dialect.ts';
import { playScript, type StreamScript } from './stream-script.ts';

/** A stream that goes wrong after some words: the connection is cut, the response ends too early, or it has an error event. */
export interface StreamFault {
  kind: 'cut' | 'ends' | 'error';
  afterWords: number;
}

/** The provider's behaviour. */
export interface Behaviour {
  /** The model's reply to the person's text. */
  reply: (words: string, call: ModelCall) => string;
  /**
   * The HTTP status of a failing model, by its name or `*` for all; a list is used up, one status a request. The error repeats
   * the key, as some providers do.
   */
  failures: Record<string, number | number[]>;
  /** The seconds that a 429 says to wait. */
  retryAfter: number;
  /** The delay before the first word. */
  delayMs: number;
  /** The delay after each word of a stream. */
  wordDelayMs: number;
  /** The words after which a reply ends, as if the request had asked for no more. */
  maxTokens: number | undefined;
  /** The fault of every stream. */
  streamFault: StreamFault | undefined;
  /** Status 200 with this body instead of a reply, such as a proxy's page or a provider's error. */
  instead: { type: string; body: string } | undefined;
  /** A raw response to the person's text; without one, the reply is written as usual. */
  script: (words: string, call: ModelCall) => StreamScript | undefined;
  /** The models that each provider lists, in place of the usual ones. */
  lists: Partial<Record<Provider, ListedModel[]>>;
  /** The HTTP status of every list of models, in place of the list. The error repeats the key, as some providers do. */
  listFailure: number | undefined;
  /** The only accepted key of each provider, in place of the key of the start. */
  acceptedKeys: Partial<Record<Provider, string>>;
}

/** A request for a list of models, or for the facts of a key. */
export interface ReceivedList {
  provider: Provider;
  path: string;
  key: string | undefined;
}

/** A request that the provider received, answered or refused. */
export interface ReceivedRequest extends ModelCall {
  provider: Provider;
  path: string;
  /** The person's text, without the additions of the agent's gateway. */
  words: string;
  key: string | undefined;
  headers: IncomingMessage['headers'];
  body: unknown;
  /** The status of the response. */
  status?: number;
  /** The caller disconnected before the end of the response. */
  abandoned?: boolean;
}

interface Options {
  host?: string;
  port?: number;
  /** The only accepted key; without it, every key is accepted. */
  apiKey?: string | undefined;
  /** The only accepted key of each provider. */
  apiKeys?: Partial<Record<Provider, string>>;
  /** The only models; without it, every name that has the form of the provider's names. */
  models?: string[];
  reply?: Behaviour['reply'];
}

const dialects = [openaiDialect, openrouterDialect, groqDialect, anthropicDialect, geminiDialect];
/** The sign-in page of a network, as a proxy sends it. */
export const signInPage = {
  type: 'text/html',
  body: '<!doctype html><html><head><title>Sign in to the network</title></head><body>Sign in</body></html>',
};

async function readBody(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return text;
}

function sendJson(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

/** Writes events as a stream of events, or as one JSON array. */
function eventWriter(response: ServerResponse, { asArray }: ModelCall, headers: Record<string, string>) {
  const type = asArray ? 'application/json' : 'text/event-stream; charset=utf-8';
  response.writeHead(200, { 'content-type': type, 'cache-control': 'no-cache', ...headers });
  let isFirst = true;
  return {
    write({ event, data }: ServerSentEvent): void {
      const text = typeof data === 'string' ? data : JSON.stringify(data);
      if (asArray) response.write(`${isFirst ? '[' : ',\r\n'}${text}`);
      else response.write(`${event ? `event: ${event}\n` : ''}data: ${text}\n\n`);
      isFirst = false;
    },
    comment: (text: string) => void response.write(`: ${text}\n\n`),
    end: () => void response.end(asArray ? ']' : ''),
  };
}

/**
 * Starts a double of the model providers on this machine, each under its own path: chat completions of OpenAI (`/v1`), OpenRouter
 * (`/api/v1`) and Groq (`/openai/v1`), Anthropic's messages (`/v1`) and Gemini's generateContent (`/v1beta`), as JSON and as
 * streams. It refuses what the real services refuse. The default reply is `You said: <the person's text>`.
 */
export async function startModelProvider({ host = '0.0.0.0', port = 0, apiKey, apiKeys = {}, models, reply }: Options = {}) {
  const requests: ReceivedRequest[] = [];
  const lists: ReceivedList[] = [];
  const behaviour: Behaviour = {
    reply: reply ?? ((words) => `You said: ${words}`),
    failures: {},
    retryAfter: 1,
    delayMs: 0,
    wordDelayMs: 0,
    maxTokens: undefined,
    streamFault: undefined,
    instead: undefined,
    script: () => undefined,
    lists: {},
    listFailure: undefined,
    acceptedKeys: {},
  };

  const acceptedKey = (provider: Provider) => behaviour.acceptedKeys[provider] ?? apiKeys[provider] ?? apiKey;
  const failureOf = (model: string): number | undefined => {
    const failure = behaviour.failures[model] ?? behaviour.failures['*'];
    return Array.isArray(failure) ? failure.shift() : failure;
  };

  async function complete(request: IncomingMessage, response: ServerResponse, url: URL, dialect: Dialect): Promise<void> {
    const text = await readBody(request);
    const body = JSON.parse(text || '{}') as never;
    const call = dialect.read(url, body);
    const { headers, method = '' } = request;
    const key = dialect.key(headers, url);
    const words = lastWords(call.userText);
    const received: ReceivedRequest = { ...call, provider: dialect.provider, path: url.pathname, words, key, headers, body };
    requests.push(received);
    response.once('close', () => {
      received.status = response.statusCode;
      if (!response.writableFinished) received.abandoned = true;
    });
    const refuse = ({ status, body: error, headers: more }: Refusal) =>
      sendJson(response, status, error, { ...dialect.headers(), ...more });

    const accepted = acceptedKey(dialect.provider);
    // An owner's own endpoint may need no key.
    const needsKey = accepted !== undefined || dialect !== openaiDialect;
    if (needsKey && (!key || key !== (accepted ?? key))) return refuse(dialect.refuseKey(key));
    const refusal = dialect.refuse({ method, url, headers, body }, call);
    if (refusal) return refuse(refusal);
    if (!(models?.includes(call.model) ?? dialect.hasModel(call.model))) return refuse(dialect.refuseModel(call));

    const script = behaviour.script(words, call);
    if (script) return playScript(response, script);
    const { delayMs, retryAfter, instead } = behaviour;
    const failure = failureOf(call.model);
    if (call.stream && dialect.comment && !failure && !instead) {
      const writer = eventWriter(response, call, dialect.headers());
      writer.comment(dialect.comment);
      if (delayMs) await sleep(delayMs);
      return answer(response, dialect, call, words, text.length, writer);
    }
    if (delayMs) await sleep(delayMs);
    if (failure) return refuse(dialect.error(failure, call, key, retryAfter));
    if (instead) return void response.writeHead(200, { 'content-type': instead.type }).end(instead.body);
    return answer(response, dialect, call, words, text.length);
  }

  async function answer(
    response: ServerResponse,
    dialect: Dialect,
    call: ModelCall,
    words: string,
    length: number,
    opened?: ReturnType<typeof eventWriter>,
  ): Promise<void> {
    const { wordDelayMs, streamFault, maxTokens = Number.POSITIVE_INFINITY } = behaviour;
    const replyText = behaviour.reply(words, call);
    const whole = (call.wantsFinalTag ? `<final>${replyText}</final>` : replyText).match(/\S+\s*/g) ?? [];
    const sent = whole.slice(0, Math.min(maxTokens, call.maxTokens ?? maxTokens));
    const isCut = sent.length < whole.length;
    const usage = { input: Math.ceil(length / 4), output: sent.length };
    if (!call.stream) return sendJson(response, 200, dialect.answer(call, sent.join(''), usage, isCut), dialect.headers());

    const writer = opened ?? eventWriter(response, call, dialect.headers());
    for (const event of dialect.opening(call, usage)) writer.write(event);
    for (const [index, word] of sent.entries()) {
      if (response.destroyed) return;
      if (streamFault?.afterWords === index) {
        // Let the words before it arrive.
        await sleep(50);
        if (streamFault.kind === 'cut') return void response.destroy();
        if (streamFault.kind === 'error') writer.write(dialect.failing(call));
        return void response.end();
      }
      writer.write(dialect.word(call, word, { ...usage, output: index + 1 }));
      if (wordDelayMs) await sleep(wordDelayMs);
    }
    for (const event of dialect.closing(call, usage, isCut)) writer.write(event);
    writer.end();
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const dialect = dialects.find(({ serves }) => serves(url.pathname));
    if (request.method === 'POST' && dialect) return complete(request, response, url, dialect);
    const listed = request.method === 'GET' ? listedProvider(url.pathname, request.headers) : undefined;
    if (!listed) {
      const message = `Invalid URL (${request.method} ${url.pathname})`;
      return sendJson(response, 404, { error: { message, type: 'invalid_request_error', param: null, code: null } });
    }
    return list(request, response, url, listed);
  }

  function list({ headers }: IncomingMessage, response: ServerResponse, url: URL, dialect: Dialect): void {
    const { provider } = dialect;
    const key = dialect.key(headers, url);
    lists.push({ provider, path: `${url.pathname}${url.search}`, key });
    const named = models?.map((id) => ({ id }));
    const { status, body } = behaviour.listFailure
      ? dialect.error(behaviour.listFailure, { model: 'models' } as ModelCall, key, behaviour.retryAfter)
      : answerList(dialect, {
          url,
          headers,
          models: behaviour.lists[provider] ?? named ?? defaultLists[provider],
          accepted: acceptedKey(provider),
        });
    sendJson(response, status, body, dialect.headers());
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: Error) => {
      if (response.headersSent) response.destroy();
      else sendJson(response, 400, { error: { message: error.message, type: 'invalid_request_error', param: null, code: null } });
    });
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  const bound = (server.address() as AddressInfo).port;
  const url = `http://127.0.0.1:${bound}`;

  return {
    url,
    /** The base URL of OpenAI's chat completions. */
    baseUrl: `${url}/v1`,
    port: bound,
    requests,
    /** The requests for lists of models. */
    lists,
    /** The settings of a backend that calls this double in place of the providers. @param at this machine's name for the backend's agents */
    settings: (at = '127.0.0.1') => ({
      ANTHROPIC_BASE_URL: `http://${at}:${bound}`,
      OPENAI_BASE_URL: `http://${at}:${bound}/v1`,
      GEMINI_BASE_URL: `http://${at}:${bound}/v1beta`,
      OPENROUTER_BASE_URL: `http://${at}:${bound}/api/v1`,
      GROQ_BASE_URL: `http://${at}:${bound}/openai/v1`,
    }),
    setBehaviour(change: Partial<Behaviour>): void {
      Object.assign(behaviour, change);
    },
    async close(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
