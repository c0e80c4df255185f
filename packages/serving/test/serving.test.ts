import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http, { Agent, createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { type DrainOptions, drainable, openHealthSocket } from '../src/serving.ts';

const open: Server[] = [];
const agent = new Agent({ keepAlive: true });
afterEach(() => {
  agent.destroy();
  for (const server of open.splice(0)) server.close().closeAllConnections();
});

/** Starts a server that can be drained. @param port a port to share; a free one without it */
async function start(listener: RequestListener, options: DrainOptions, port = 0) {
  const server = createServer({ keepAliveTimeout: 60_000 }, listener);
  open.push(server);
  const drain = drainable(server, options);
  server.listen({ port, host: '127.0.0.1', reusePort: true });
  await once(server, 'listening');
  return { server, drain, port: (server.address() as AddressInfo).port };
}

interface Answer {
  status: number | undefined;
  connection: string | undefined;
  text: string;
  isWhole: boolean;
}

/** Sends a request on a connection of the agent, or on one of its own. */
function ask(address: http.RequestOptions, keepAlive = true): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', agent: keepAlive ? agent : false, ...address }, (response: IncomingMessage) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      const answer = (isWhole: boolean) => resolve({ status: response.statusCode, connection: response.headers.connection, text, isWhole });
      response.once('end', () => answer(true)).once('error', () => answer(false));
    });
    request.once('error', reject).end();
  });
}

test('a drained server finishes what runs, answers on connections that are still used, and takes no new one', async () => {
  const { drain, port } = await start(
    async (request, response) => {
      if (request.url === '/slow') await sleep(300);
      response.end(request.url);
    },
    { drainMs: 5_000, lingerMs: 400 },
  );
  expect(await ask({ port, path: '/first' })).toMatchObject({ status: 200, connection: 'keep-alive' });
  // On a connection of its own, so that the agent's is idle.
  const slow = ask({ port, path: '/slow' }, false);
  await sleep(50);
  const startedAt = performance.now();
  const drained = drain();
  expect(await ask({ port, path: '/idle' })).toEqual({ status: 200, connection: 'close', text: '/idle', isWhole: true });
  await expect(ask({ port, path: '/new' })).rejects.toThrow('ECONNREFUSED');
  expect(await slow).toEqual({ status: 200, connection: 'close', text: '/slow', isWhole: true });
  await drained;
  expect(performance.now() - startedAt).toBeGreaterThan(400);
  expect(performance.now() - startedAt).toBeLessThan(2_000);
});

test('without a linger a server without requests ends at once', async () => {
  const { drain, port } = await start((_request, response) => response.end(), { drainMs: 5_000, lingerMs: 0 });
  await ask({ port });
  const startedAt = performance.now();
  await drain();
  expect(performance.now() - startedAt).toBeLessThan(200);
});

test('an endless stream ends at once, the stream of a request that has an end goes on until then', async () => {
  const { drain, port } = await start(
    async (request, response) => {
      response.setHeader('content-type', 'text/event-stream');
      response.write('data: 1\n\n');
      if (request.method === 'GET') return;
      await sleep(400);
      response.end('data: 2\n\n');
    },
    { drainMs: 5_000, lingerMs: 0 },
  );
  const [endless, reply] = [ask({ port }), ask({ port, method: 'POST' })];
  await sleep(100);
  const startedAt = performance.now();
  const drained = drain();
  expect(await endless).toMatchObject({ text: 'data: 1\n\n', isWhole: true });
  expect(performance.now() - startedAt).toBeLessThan(200);
  expect(await reply).toMatchObject({ text: 'data: 1\n\ndata: 2\n\n', isWhole: true });
  await drained;
});

test('what still runs after the time for it is cut', async () => {
  const { drain, port } = await start((_request, response) => void response.write('half'), { drainMs: 300, lingerMs: 0 });
  const cut = ask({ port });
  await sleep(50);
  await drain();
  expect(await cut).toMatchObject({ text: 'half', isWhole: false });
});

test('one process takes over from another on the same port, and no request fails', async () => {
  const options = { drainMs: 5_000, lingerMs: 500 };
  const listener = (name: string): RequestListener => {
    return async (_request, response) => {
      await sleep(5);
      response.end(name);
    };
  };
  const first = await start(listener('first'), options);
  const answers: string[] = [];
  let isLoaded = true;
  const load = Promise.all(
    Array.from({ length: 16 }, async () => {
      while (isLoaded) answers.push((await ask({ port: first.port })).text);
    }),
  );
  await sleep(300);
  const second = await start(listener('second'), options, first.port);
  // New connections go to both; those of the load are kept open.
  for (let count = 0; count < 20; count += 1) answers.push((await ask({ port: first.port }, false)).text);
  await first.drain();
  const takenOverAt = answers.length;
  await sleep(300);
  isLoaded = false;
  await load;
  expect(new Set(answers)).toEqual(new Set(['first', 'second']));
  expect(answers.length).toBeGreaterThan(200);
  expect(answers.slice(takenOverAt + 16)).not.toContain('first');
  await second.drain();
});

test('the health socket leads to one process, also while it is drained', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'agentbot-serving-'));
  try {
    const socketPath = path.join(folder, 'health.sock');
    // As an earlier process leaves it.
    writeFileSync(socketPath, '');
    const { server, port, drain } = await start((_request, response) => response.end('one'), { drainMs: 5_000, lingerMs: 300 });
    await openHealthSocket(server, socketPath);
    await start((_request, response) => response.end('other'), { drainMs: 0, lingerMs: 0 }, port);
    for (let count = 0; count < 10; count += 1) expect((await ask({ socketPath }, false)).text).toBe('one');
    const drained = drain();
    expect((await ask({ socketPath }, false)).text).toBe('one');
    await drained;
  } finally {
    rmSync(folder, { recursive: true });
  }
});
