import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { canary } from '@agentbot/test-doubles/canaries';
import { expect, test } from '@jest/globals';
import { startChildBackend } from './child-backend.ts';

/** What nobody caught ends the backend, and is written as any other error: its secrets taken out. */

const fail = (how: string) => `
  process.on('SIGUSR2', () => {
    const cause = Object.assign(new Error('Bearer ${canary('cause-')}'), { headers: { authorization: '${canary('of-the-cause-')}' } });
    const error = Object.assign(new Error('lost'), { cause, apiKey: '${canary('sk-or-')}' });
    ${how};
  });`;

test.each([
  ['an exception', 'throw error'],
  ['a rejection', 'Promise.reject(error)'],
])(
  '%s',
  async (_what, how) => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'uncaught-'));
    const script = path.join(folder, 'fail.mjs');
    await writeFile(script, fail(how));
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
    // Which also looks for the secrets in all that was written.
    await backend.stop();
    await rm(folder, { recursive: true });
  },
  60_000,
);
