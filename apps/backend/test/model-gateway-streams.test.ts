import { canary } from '@agentbot/test-doubles/canaries';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import type { StreamScript } from '@agentbot/test-doubles/stream-script';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { virtualKey } from '../src/domain/usage/virtual-key.ts';
import { startBackend, type TestBackend } from './backend.ts';
import { streamCases, toolCases } from './chat-stream-cases.ts';

/** Every stream of the chat suite, valid or not, passes the model gateway byte for byte in each protocol. */

const KEY = canary('sk-');
const scripts: [string, StreamScript][] = [
  ...[...streamCases, ...toolCases].flatMap(({ name, responses }) =>
    responses.map((response, index): [string, StreamScript] => [index ? `${name}, response ${index + 1}` : name, response]),
  ),
  ['an end like the beginning of the key', { steps: ['data: The key begins with ', KEY.slice(0, 6)] }],
];
const protocols = {
  openai: {
    model: 'gpt-4o-mini',
    path: '/openai/chat/completions',
    header: (key: string) => ({ authorization: `Bearer ${key}` }),
    body: (content: string) => ({ model: 'gpt-4o-mini', stream: true, messages: [{ role: 'user', content }] }),
  },
  anthropic: {
    model: 'claude-sonnet-4-5',
    path: '/anthropic/v1/messages',
    header: (key: string) => ({ 'x-api-key': key, 'anthropic-version': '2023-06-01' }),
    body: (content: string) => ({ model: 'claude-sonnet-4-5', stream: true, max_tokens: 100, messages: [{ role: 'user', content }] }),
  },
  gemini: {
    model: 'gemini-2.0-flash',
    path: '/google/models/gemini-2.0-flash:streamGenerateContent?alt=sse',
    header: (key: string) => ({ 'x-goog-api-key': key }),
    body: (text: string) => ({ contents: [{ role: 'user', parts: [{ text }] }] }),
  },
};

let model: Awaited<ReturnType<typeof startModelProvider>>;
let backend: TestBackend;
let owner: string;

beforeAll(async () => {
  model = await startModelProvider({ apiKeys: { openai: KEY, anthropic: KEY, gemini: KEY } });
  backend = await startBackend(model.settings());
  owner = await backend.account();
  model.setBehaviour({ script: (words) => scripts[Number(/^Stream (\d+)$/.exec(words)?.[1])]?.[1] });
});
afterAll(async () => {
  await backend?.stop();
  await model?.close();
});

const bytesOf = ({ steps }: StreamScript): Buffer =>
  Buffer.concat(steps.flatMap((step) => (typeof step === 'number' ? [] : [Buffer.from(step)])));

/** Reads a body of a known length, then what follows: its end, or why there is none. */
async function readBody(response: Response, length: number): Promise<{ bytes: Buffer; after: 'end' | 'cut' | 'open' }> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  try {
    for (;;) {
      const next = reader.read();
      const isWhole = size >= length;
      const silence = new Promise<'open'>((resolve) => setTimeout(resolve, 1_000, 'open').unref());
      const read = await (isWhole ? Promise.race([next, silence]) : next);
      if (read === 'open' || read.done) return { bytes: Buffer.concat(chunks), after: read === 'open' ? 'open' : 'end' };
      chunks.push(read.value);
      size += read.value.length;
    }
  } catch {
    return { bytes: Buffer.concat(chunks), after: 'cut' };
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

describe.each(Object.entries(protocols))('%s', (aiProvider, { model: name, path, header, body }) => {
  let url: string;
  let key: string;
  let id: string;
  beforeAll(async () => {
    const config = { plan: 'network', aiProvider, model: name, apiKey: KEY };
    id = (await backend.machine(owner, 'POST', '/api/agents', { name: 'Streams', config })).body.id;
    key = virtualKey(id, (await backend.machine(owner, 'GET', `/api/agents/${id}/token`)).body.token);
    url = `http://127.0.0.1:${backend.modelGatewayPort}${path}`;
  });

  test.each(scripts.map(([script], index) => [script, index] as const))('%s passes byte for byte', async (_script, index) => {
    const [, script] = scripts[index] as [string, StreamScript];
    const expected = bytesOf(script);
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...header(key) },
      body: JSON.stringify(body(`Stream ${index}`)),
    });
    expect([response.status, response.headers.get('content-type')]).toEqual([script.status ?? 200, script.type ?? 'text/event-stream']);
    const { bytes, after } = await readBody(response, expected.length);
    expect(bytes.equals(expected)).toBe(true);
    expect(after).toBe(script.end ?? 'end');
  });

  test('every call is booked', async () => {
    const usage = async () => (await backend.machine(owner, 'GET', `/api/agents/${id}/usage`)).body.days[0]?.requests;
    for (const end = Date.now() + 5_000; (await usage()) !== scripts.length && Date.now() < end; );
    expect(await usage()).toBe(scripts.length);
  });
});
