import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { root } from '@agentbot/local-stack/stack';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freePorts } from './free-ports.ts';
import { WebSession } from './web-session.ts';

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
  const [, HOSTNAME] = /^ENV .*\bHOSTNAME=(\S+)/m.exec(dockerfile) ?? [];
  expect([command, HOSTNAME]).toEqual(['node', '127.0.0.1']);
  const [port] = await freePorts(1);
  const env = { ...settings, HOSTNAME, PORT: String(port), NODE_OPTIONS: `--import=${debianNames}` };
  // The image has this folder of the build, and starts there; other files of the checkout are below /app in it.
  const here = args.map((arg) => arg.replace(/^\/app(?=\/)/, root));
  const child = spawn(process.execPath, here, { cwd: path.join(web, '.next/standalone/apps/web'), env, stdio: 'ignore' });
  const exited = once(child, 'exit');
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
    await exited;
  }
});

/** The dashboard in front of a server that stands where the backend would be. */
describe('the dashboard', () => {
  /** What the server answers, the headers of the last call to it, and the addresses of all calls. */
  const answer = { status: 200, type: 'application/json', body: '{}' };
  let received: IncomingHttpHeaders = {};
  const calls: string[] = [];
  const inPlaceOfBackend = createServer((request, response) => {
    received = request.headers;
    calls.push(request.url ?? '');
    request.resume().on('end', () => response.writeHead(answer.status, { 'content-type': answer.type }).end(answer.body));
  });
  beforeAll(async () => {
    inPlaceOfBackend.listen(0, '127.0.0.1');
    await once(inPlaceOfBackend, 'listening');
  });
  afterAll(() => void inPlaceOfBackend.close());

  /** Runs `work` with the address of a dashboard with these settings. */
  async function withWeb(changed: NodeJS.ProcessEnv, work: (url: string) => Promise<void>): Promise<void> {
    const [port] = await freePorts(1);
    const { port: backend } = inPlaceOfBackend.address() as { port: number };
    const env = { ...settings, BACKEND_URL: `http://127.0.0.1:${backend}`, ...changed };
    const child = spawn(process.execPath, ['node_modules/next/dist/bin/next', 'start', '-p', String(port), '-H', '127.0.0.1'], {
      cwd: web,
      env,
      stdio: 'ignore',
    });
    const url = `http://127.0.0.1:${port}`;
    const isUp = () =>
      fetch(`${url}/signin`).then(
        ({ ok }) => ok,
        () => false,
      );
    try {
      for (const end = Date.now() + 60_000; !(await isUp()); await sleep(100)) {
        if (Date.now() > end) throw new Error('The dashboard did not start within a minute');
      }
      await work(url);
    } finally {
      child.kill();
      await once(child, 'exit');
    }
  }
  const register = (url: string, headers: Record<string, string> = {}) =>
    fetch(`${url}/api/register`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: '{}' });

  // The proxy appends its peer: the client wrote the first address itself.
  const forwardedFor = '198.51.100.7, 203.0.113.9';
  test.each([
    ['', '127.0.0.1'],
    ['1', '203.0.113.9'],
    ['2', '198.51.100.7'],
  ])('with TRUSTED_PROXIES=%j takes %s for the client', async (TRUSTED_PROXIES, client) => {
    await withWeb({ TRUSTED_PROXIES }, async (url) => {
      await register(url, { 'x-forwarded-for': forwardedFor, 'x-agentbot-client-address': '192.0.2.1' });
      expect(received['x-forwarded-for']).toBe(client);
      // An invalid address counts as the proxy's own.
      await register(url, { 'x-forwarded-for': 'unknown' });
      expect(received['x-forwarded-for']).toBe('127.0.0.1');
    });
  });

  test('answers 502 with its sentence when a proxy before the backend answers 502 or 504 with HTML', async () => {
    await withWeb({}, async (url) => {
      for (const status of [502, 504]) {
        Object.assign(answer, { status, type: 'text/html', body: '<html>Gateway timeout</html>' });
        const response = await register(url);
        expect([response.status, await response.json()]).toEqual([502, { error: 'Backend service unavailable' }]);
      }
      Object.assign(answer, { status: 400, type: 'application/json', body: '{"error":"A name is required"}' });
      const refused = await register(url);
      expect([refused.status, await refused.json()]).toEqual([400, { error: 'A name is required' }]);
    });
  });

  test('ends a session at the backend after it was away during the sign-out, and clears the cookie at once', async () => {
    await withWeb({}, async (url) => {
      const user = { id: 'user_1', email: 'a@example.com', name: null, session: 'session_abcdefghijkl' };
      Object.assign(answer, { status: 200, type: 'application/json', body: JSON.stringify(user) });
      const browser = new WebSession(url);
      await browser.signIn('a@example.com', 'any password');
      expect(browser.cookie('next-auth.session-token')).toBeTruthy();
      Object.assign(answer, { status: 503, body: '{}' });
      const signOuts = () => calls.filter((address) => address === '/api/credentials/sign-out').length;
      await browser.signOut();
      expect([browser.cookie('next-auth.session-token'), signOuts()]).toEqual(['', 1]);
      Object.assign(answer, { status: 200, body: '{"id":"session_abcdefghijkl"}' });
      for (const end = Date.now() + 10_000; signOuts() < 2 && Date.now() < end; await sleep(100));
      expect(signOuts()).toBe(2);
    });
  });
});
