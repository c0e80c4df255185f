import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Options {
  host?: string;
  port?: number;
  /** The only key that is accepted; any when left out. */
  apiKey?: string;
}
interface ChatMessage {
  role: string;
  content: string | { text?: string }[];
}
interface ChatBody {
  model: string;
  stream?: boolean;
  messages?: ChatMessage[];
}

async function readJson(request: IncomingMessage): Promise<ChatBody> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return JSON.parse(text || '{}');
}

/** The words a person wrote last, without the metadata and time that the agent's gateway puts before them. */
function lastWords(messages: ChatMessage[] = []): string {
  const content = messages.findLast(({ role }) => role === 'user')?.content ?? '';
  const text = typeof content === 'string' ? content : content.map((part) => part.text ?? '').join('');
  return text.replace(/^[\s\S]*\n\n\[[^\]]+\] /, '').replace(/^\[[^\]]+\] /, '');
}

function sendJson(response: ServerResponse, status: number, body: unknown) {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function stream(response: ServerResponse, model: string, reply: string) {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const event = (delta: object, finish_reason: string | null = null) =>
    response.write(
      `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model, choices: [{ index: 0, delta, finish_reason }] })}\n\n`,
    );
  event({ role: 'assistant', content: '' });
  for (const word of reply.match(/\S+\s*/g) ?? []) event({ content: word });
  event({}, 'stop');
  response.end('data: [DONE]\n\n');
}

/** A small OpenAI-compatible server that repeats what it was told: `You said: …`. */
export async function startModelProvider({ host = '0.0.0.0', port = 0, apiKey }: Options = {}) {
  const server = createServer(async (request, response) => {
    if (apiKey && request.headers.authorization !== `Bearer ${apiKey}`) {
      const error = { message: 'Incorrect API key provided', type: 'invalid_request_error', code: 'invalid_api_key' };
      return sendJson(response, 401, { error });
    }
    if (request.url !== '/v1/chat/completions') return sendJson(response, 404, { error: { message: `no route ${request.url}` } });
    const body = await readJson(request);
    const reply = `You said: ${lastWords(body.messages)}`;
    if (body.stream) return stream(response, body.model, reply);
    sendJson(response, 200, {
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1,
      model: body.model,
      choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: reply } }],
      usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
    });
  });
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  const bound = (server.address() as AddressInfo).port;
  return {
    port: bound,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
