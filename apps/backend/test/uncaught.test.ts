import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { canary } from '@agentbot/test-doubles/canaries';
import { expect, test } from '@jest/globals';
import { startChildBackend } from './child-backend.ts';

/** An uncaught error ends the backend and is logged like any other error: without secrets. */

const throwOnSignal = (how: string) => `
  process.on('SIGUSR2', () => {
    const cause = Object.assign(new Error('Bearer ${canary('cause-')}'), { headers: { authorization: '${canary('of-the-cause-')}' } });
    const error = Object.assign(new Error('lost'), { cause, apiKey: '${canary('sk-or-')}' });
    ${how};
  });`;

test.each([
  ['exception', 'throw error'],
  ['rejection', 'Promise.reject(error)'],
])('an uncaught %s ends the backend and is logged without its secrets', async (_kind, how) => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'uncaught-'));
  const script = path.join(folder, 'fail.mjs');
  await writeFile(script, throwOnSignal(how));
  const backend = await startChildBackend({
    NODE_OPTIONS: `--import ${script}`,
    DOCKER_HOST: 'unix:///nonexistent/docker.sock',
  });
  await backend.kill('SIGUSR2');
  const last = JSON.parse(backend.lines.at(-1) ?? '');
  expect(last).toMatchObject({
    level: 60,
    msg: 'the backend exits: an error was not caught',
    err: { message: expect.stringContaining('lost') },
  });
  // stop() also searches everything that the backend wrote for the secrets.
  await backend.stop();
  await rm(folder, { recursive: true });
});

test.each(['BACKEND_PORT', 'GATEWAY_PORT', 'EGRESS_PORT'])('a backend whose %s is in use ends and names the setting', async (setting) => {
  const other = createServer().listen(0, '0.0.0.0');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const backend = await startChildBackend({ [setting]: String(port), DOCKER_HOST: 'unix:///nonexistent/docker.sock' });
  expect(JSON.parse(backend.lines.at(-1) ?? '')).toMatchObject({
    level: 60,
    msg: 'the backend could not start',
    err: { message: expect.stringContaining(`Port ${port} is in use: stop what listens there, or set ${setting}`) },
  });
  await backend.stop();
  other.close();
});
