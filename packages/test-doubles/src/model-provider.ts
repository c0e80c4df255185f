import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { anthropicDialect } from './anthropic-dialect.ts';
import { bearer, type Dialect, type ModelCall, type ServerSentEvent } from './dialect.ts';
import { geminiDialect } from './gemini-dialect.ts';
import { lastWords } from './last-words.ts';
import { openaiDialect } from './openai-dialect.ts';

/** The provider's behaviour. */
export interface Behaviour {
  /** The model's reply to the person's text. */
  reply: (words: string, call: ModelCall) => string;
  /** The HTTP status of a failing model, by its name or `*` for all. The error repeats the key, as some providers do. */
  failures: Record<string, number>;
  /** The delay before the first word. */
  delayMs: number;
  /** The delay after each word of a stream. */
  wordDelayMs: number;
}

/** A request that the provider received, answered or refused. */
export interface ReceivedRequest extends ModelCall {
  path: string;
  /** The person's text, without the additions of the agent's gateway. */
  words: string;
  key: string | undefined;
  body: unknown;
  /** The caller disconnected before the end of the response. */
  abandoned?: boolean;
}

interface Options {
  host?: string;
  port?: number;
  /** The only accepted key; without it, every key is accepted. */
  apiKey?: string;
  reply?: Behaviour['reply'];
}

const dialects = [openaiDialect, anthropicDialect, geminiDialect];
const knownModels = ['gpt-4o-mini', 'claude-sonnet-4-5', 'gemini-2.0-flash'];

async function readJson(request: IncomingMessage): Promise<{ body: never; length: number }> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return { body: JSON.parse(text || '{}') as never, length: text.length };
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function sendEvents(response: ServerResponse, events: Iterable<ServerSentEvent>, wordDelayMs: number): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  for (const { event, data } of events) {
    if (response.destroyed) return;
    const name = event ? `event: ${event}\n` : '';
    response.write(`${name}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`);
    if (wordDelayMs) await sleep(wordDelayMs);
  }
  response.end();
}

/**
 * Starts a double of the model providers on this machine: OpenAI's chat completions, Anthropic's messages and
 * Gemini's generateContent, as JSON and as streams. The default reply is `You said: <the person's text>`.
 */
export async function startModelProvider({ host = '0.0.0.0', port = 0, apiKey, reply }: Options = {}) {
  const requests: ReceivedRequest[] = [];
  const behaviour: Behaviour = { reply: reply ?? ((words) => `You said: ${words}`), failures: {}, delayMs: 0, wordDelayMs: 0 };

  async function complete(request: IncomingMessage, response: ServerResponse, url: URL, dialect: Dialect): Promise<void> {
    const { body, length } = await readJson(request);
    const call = dialect.read(url, body);
    const key = dialect.key(request.headers, url);
    const words = lastWords(call.userText);
    const received: ReceivedRequest = { ...call, path: url.pathname, words, key, body };
    requests.push(received);
    response.once('close', () => {
      if (!response.writableFinished) received.abandoned = true;
    });

    if (apiKey && key !== apiKey) return sendJson(response, 401, dialect.error(401, `Incorrect API key provided: ${key}`));
    const { failures, delayMs, wordDelayMs } = behaviour;
    if (delayMs) await sleep(delayMs);
    const failure = failures[call.model] ?? failures['*'];
    if (failure) return sendJson(response, failure, dialect.error(failure, `${call.model} fails as it was told to, for ${key}`));

    const replyText = behaviour.reply(words, call);
    const text = call.wantsFinalTag ? `<final>${replyText}</final>` : replyText;
    const replyWords = text.match(/\S+\s*/g) ?? [];
    const usage = { input: Math.ceil(length / 4), output: replyWords.length };
    if (call.stream) await sendEvents(response, dialect.events(call, replyWords, usage), wordDelayMs);
    else sendJson(response, 200, dialect.answer(call, text, usage));
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const dialect = dialects.find(({ matches }) => matches(url.pathname));
    if (request.method === 'POST' && dialect) return complete(request, response, url, dialect);
    if (!url.pathname.endsWith('/models')) return sendJson(response, 404, openaiDialect.error(404, `No route ${url.pathname}`));
    if (apiKey && bearer(request.headers) !== apiKey) {
      return sendJson(response, 401, openaiDialect.error(401, 'Incorrect API key provided'));
    }
    sendJson(response, 200, { object: 'list', data: knownModels.map((id) => ({ id, object: 'model', owned_by: 'test-doubles' })) });
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: Error) => {
      if (response.headersSent) response.destroy();
      else sendJson(response, 400, openaiDialect.error(400, error.message));
    });
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  const bound = (server.address() as AddressInfo).port;
  const url = `http://127.0.0.1:${bound}`;

  return {
    url,
    baseUrl: `${url}/v1`,
    port: bound,
    requests,
    setBehaviour(change: Partial<Behaviour>): void {
      Object.assign(behaviour, change);
    },
    async close(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
