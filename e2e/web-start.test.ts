import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { root } from '@agentbot/local-stack/stack';
import { expect, test } from '@jest/globals';
import { freePorts } from './free-ports.ts';

const secret = () => randomBytes(32).toString('hex');

const web = path.join(root, 'apps/web');
const settings = {
  PATH: process.env.PATH,
  NODE_ENV: 'production',
  NEXT_TELEMETRY_DISABLED: '1',
  NEXTAUTH_URL: 'http://localhost:3000',
  NEXTAUTH_SECRET: secret(),
  ASSERTION_SECRET: secret(),
} as const;

/** Starts the dashboard in production mode. Killed after a minute if it keeps running. */
async function startWeb(changed: NodeJS.ProcessEnv) {
  const [port] = await freePorts(1);
  return promisify(execFile)(process.execPath, ['node_modules/next/dist/bin/next', 'start', '-p', String(port), '-H', '127.0.0.1'], {
    cwd: web,
    env: { ...settings, ...changed },
    timeout: 60_000,
  });
}

test.each([
  ['NEXTAUTH_URL', '', 'is not set'],
  ['NEXTAUTH_SECRET', 'change-me-change-me-change-me-change-me', 'is a default or an example'],
  ['ASSERTION_SECRET', 'too short', 'must have at least 32 characters'],
])('the dashboard exits with code 78 when %s is %j, and does not print the value', async (name, value, problem) => {
  const failure = await startWeb({ [name]: value }).catch((error) => error);
  expect(failure).toMatchObject({ code: 78, stderr: expect.stringContaining(`${name} ${problem}`) });
  if (value) expect(failure.stderr + failure.stdout).not.toContain(value);
});

/** Resolves `localhost` to ::1 first, as stock Debian does. */
const debianNames = `data:text/javascript,${encodeURIComponent(`
  import dns from 'node:dns';
  const { lookup } = dns;
  dns.lookup = (name, ...rest) => lookup(name === 'localhost' ? '::1' : name, ...rest);
`)}`;

test('the dashboard’s container listens on 127.0.0.1, where a reverse proxy on the same host connects', async () => {
  const dockerfile = await readFile(path.join(web, 'Dockerfile'), 'utf8');
  const [command, ...args] = JSON.parse(/^CMD (\[.*\])$/m.exec(dockerfile)?.[1] ?? '[]') as string[];
  expect(command).toBe('node');
  const [port] = await freePorts(1);
  const env = { ...settings, PORT: String(port), NODE_OPTIONS: `--import=${debianNames}` };
  const child = spawn(process.execPath, args, { cwd: web, env, stdio: 'ignore' });
  const signIn = () =>
    fetch(`http://127.0.0.1:${port}/signin`).then(
      ({ status }) => status,
      () => 0,
    );
  try {
    let status = 0;
    for (const end = Date.now() + 60_000; status === 0 && Date.now() < end; await sleep(200)) status = await signIn();
    expect(status).toBe(200);
  } finally {
    child.kill();
    await once(child, 'exit');
  }
});
