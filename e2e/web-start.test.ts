import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { promisify } from 'node:util';
import { root } from '@agentbot/local-stack/stack';
import { expect, test } from '@jest/globals';
import { freePorts } from './free-ports.ts';

const secret = () => randomBytes(32).toString('hex');

/** The dashboard as production starts it; one that goes on running is ended. */
async function startWeb(changed: NodeJS.ProcessEnv) {
  const [port] = await freePorts(1);
  return promisify(execFile)(process.execPath, ['node_modules/next/dist/bin/next', 'start', '-p', String(port), '-H', '127.0.0.1'], {
    cwd: path.join(root, 'apps/web'),
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'production',
      NEXT_TELEMETRY_DISABLED: '1',
      NEXTAUTH_URL: 'http://localhost:3000',
      NEXTAUTH_SECRET: secret(),
      ASSERTION_SECRET: secret(),
      ...changed,
    },
    timeout: 60_000,
  });
}

test.each([
  ['NEXTAUTH_URL', '', 'is not set'],
  ['NEXTAUTH_SECRET', 'change-me-change-me-change-me-change-me', 'is a default or an example'],
  ['ASSERTION_SECRET', 'too short', 'must have at least 32 characters'],
])('the dashboard ends with code 78 when %s is %j, and says so without the value', async (name, value, problem) => {
  const failure = await startWeb({ [name]: value }).catch((error) => error);
  expect(failure).toMatchObject({ code: 78, stderr: expect.stringContaining(`${name} ${problem}`) });
  if (value) expect(failure.stderr + failure.stdout).not.toContain(value);
});
