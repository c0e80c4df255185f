import { connect } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { backup, call, expectRefusal, model, owner, running, sleep, stack, startWebApi, stopWebApi, stranger } from './web-api.ts';

/** What the web passes through: streams, files, request ids, and slow clients. */

let dripping: Promise<number>[];

beforeAll(async () => {
  await startWebApi();
  // Started here, because they take a minute: the other tests run meanwhile.
  dripping = ['GET / HTTP/1.1\r\nX-Slow: ', 'POST /api/register HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n{"email":"'].map(drip);
});
afterAll(stopWebApi);

/** Sends a request at one byte per second. @returns the seconds until the web closes the connection */
function drip(start: string): Promise<number> {
  const from = Date.now();
  const socket = connect(Number(new URL(stack.webUrl).port), 'localhost').resume();
  socket.write(start);
  const timer = setInterval(() => socket.write('a'), 1_000);
  return new Promise((resolve) => {
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearInterval(timer);
      resolve((Date.now() - from) / 1_000);
    });
  });
}

test('streamLogs streams lines, and the backend ends the stream when the browser disconnects', async () => {
  const disconnect = new AbortController();
  const response = await owner.fetch(`/api/logs/${running}/stream`, { signal: disconnect.signal });
  expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
  const reader = response.body?.getReader();
  const first = Buffer.from((await reader?.read())?.value ?? []).toString();
  expect(first).toContain(`data: {"type":"connected","agentId":"${running}"}`);
  const clients = async () => (await call('listLogStreams')).body.streams[0]?.clients;
  expect(await clients()).toBe(1);
  disconnect.abort();
  const until = Date.now() + 60_000;
  while ((await clients()) !== 0 && Date.now() < until) await sleep(50);
  expect(await clients()).toBe(0);
});

/** Writes forty lines in the agent's container. @returns the median time in milliseconds until they reach the browser's stream */
async function timeLines(word: string): Promise<number | undefined> {
  const disconnect = new AbortController();
  const response = await owner.fetch(`/api/logs/${running}/stream`, { signal: disconnect.signal });
  const took: number[] = [];
  const reading = (async () => {
    const line = new RegExp(`\\{"type":"line","text":"${word} (\\d+)"\\}`, 'g');
    let rest = '';
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      // A chunk may end inside a frame.
      const frames = (rest + Buffer.from(chunk)).split('\n\n');
      rest = frames.pop() ?? '';
      for (const [, at] of frames.join('\n').matchAll(line)) took.push(Date.now() - Number(at));
    }
  })().catch(() => undefined);
  const say = "const out = require('fs').openSync('/proc/1/fd/1', 'w'); let i = 0;";
  const script = `${say} setInterval(() => { require('fs').writeSync(out, '${word} ' + Date.now() + '\\n'); if (++i === 40) process.exit(); }, 30)`;
  const exec = await stack.docker.getContainer(`openclaw-${running}`).exec({ Cmd: ['node', '-e', script], User: '1000' });
  (await exec.start({})).resume();
  for (const end = Date.now() + 30_000; took.length < 40 && Date.now() < end; ) await sleep(50);
  disconnect.abort();
  await reading;
  // The gateway writes to the same pipe: one of its long lines may contain one of these.
  expect(took.length).toBeGreaterThan(37);
  return took.sort((a, b) => a - b)[20];
}

test('a log line reaches the browser’s stream within 200 ms (median)', async () => {
  // Other work on this machine delays a run: take the best of three.
  const medians: number[] = [];
  for (const word of ['one', 'two', 'three']) medians.push((await timeLines(word)) as number);
  expect(Math.min(...medians)).toBeLessThan(200);
});

test('a request has the same id in the logs of the web, the backend and its job', async () => {
  const id = 'request-of-a-browser-1';
  const answer = await call('restartAgent', { headers: { 'x-request-id': id } });
  expect([answer.status, answer.headers.get('x-request-id')]).toEqual([200, id]);
  const written = () => stack.output.filter((line) => line.includes(id)).join('\n');
  // The log lines may arrive after the response.
  for (const end = Date.now() + 10_000; !written().includes('request completed') && Date.now() < end; ) {
    await sleep(50);
  }
  const lines = written();
  expect(lines).toMatch(/"operation":"restartAgent".*request answered/);
  expect(lines).toMatch(/"url":"\/api\/agents\/[^"]+\/restart".*request completed/);
  expect(lines).toMatch(/"kind":"restart".*an operation has ended/);
  expect((await call('getMe')).headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
});

test('streamReply streams a reply word by word, and only to its owner', async () => {
  model.setBehaviour({ wordDelayMs: 60 });
  const { id, reply } = (await call('sendMessage', { body: { message: 'one two three four five six', agentId: running, wait: false } }))
    .body;
  expect(reply).toBe('Agent is processing your request...');
  expectRefusal('streamReply', await call('streamReply', { as: stranger, agent: id }), 'MESSAGE_NOT_FOUND');
  const response = await owner.fetch(`/api/chat/${id}/stream`);
  expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
  let chunks = 0;
  let text = '';
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    chunks++;
    text += Buffer.from(chunk).toString();
  }
  model.setBehaviour({ wordDelayMs: 0 });
  const frames = [...text.matchAll(/event: reply\ndata: (.*)\n\n/g)].map(([, data = '']) => JSON.parse(data));
  expect(frames.at(-1)).toMatchObject({ type: 'done', message: { content: 'You said: one two three four five six', sender: 'agent' } });
  expect(chunks).toBeGreaterThan(3);
});

test('a backup is downloaded as a file, restored and deleted', async () => {
  const file = await owner.fetch(`/api/agents/${running}/backups/${backup}/download`);
  expect([file.status, file.headers.get('content-type'), file.headers.get('content-disposition')]).toEqual([
    200,
    'application/gzip',
    expect.stringMatching(new RegExp(`^attachment; filename="${running}_[\\dTZ-]+\\.tar\\.gz"$`)),
  ]);
  expect(gunzipSync(await file.bytes()).includes('openclaw.json')).toBe(true);
  expect((await call('restoreBackup')).body).toEqual({ success: true, status: 'active', message: 'Backup restored successfully' });
  const { id } = (await call('createBackup')).body.backup;
  expect((await call('deleteBackup', { operation: id })).body).toEqual({ id, deleted: true });
}, 120_000);

test('streamOperation streams the stages of an operation, and only to its owner', async () => {
  const restarting = call('restartAgent');
  let operation: { id: string; state: string } | undefined;
  while (!operation) {
    const { operations } = (await call('listOperations')).body;
    operation = operations.find(({ finishedAt }: { finishedAt: string | null }) => !finishedAt);
  }
  const { id } = operation;
  expectRefusal('streamOperation', await call('streamOperation', { as: stranger, operation: id }), 'AGENT_NOT_FOUND');
  const response = await owner.fetch(`/api/agents/${running}/operations/${id}/stream`);
  const frames = [...(await response.text()).matchAll(/event: operation\ndata: (.*)\n\n/g)].map(([, data = '']) => JSON.parse(data));
  expect((await restarting).status).toBe(200);
  // The number of frames depends on when the stream opened.
  expect(frames.length).toBeGreaterThan(0);
  expect(frames.at(-1)).toMatchObject({ id, kind: 'restart', state: 'succeeded' });
  expect((await call('getOperation', { operation: id })).body).toEqual({ operation: frames.at(-1), status: 'ok' });
});

test('a client that sends one byte per second is disconnected', async () => {
  const [head = 0, body = 0] = await Promise.all(dripping);
  // Node's own timeouts are 60 and 300 seconds.
  expect(head).toBeLessThan(55);
  expect(body).toBeLessThan(90);
});
