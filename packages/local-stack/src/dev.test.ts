import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { parseEnv, promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { removePostgresData } from './postgres.ts';
import { root } from './stack.ts';

/** `pnpm dev` and the operator's commands as a terminal runs them, with a data folder and ports of their own and without Docker. */

let folder: string;
let environment: NodeJS.ProcessEnv;
let ports: { web: number; backend: number; gateway: number; modelGateway: number };

/** Free ports; all are held until the last is found, so that none is given twice. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const free = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return free;
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'agentbot-dev-'));
  // The embedded Postgres runs as another user when root starts it, and must reach its data.
  await chmod(folder, 0o711);
  const [web = 0, backend = 0, gateway = 0, modelGateway = 0] = await freePorts(4);
  ports = { web, backend, gateway, modelGateway };
  const { NODE_ENV: _, DATABASE_URL: __, ...inherited } = process.env;
  environment = {
    ...inherited,
    DATA_DIR: folder,
    WEB_PORT: String(web),
    BACKEND_PORT: String(backend),
    GATEWAY_PORT: String(gateway),
    MODEL_GATEWAY_PORT: String(modelGateway),
    DOCKER_HOST: 'unix:///nonexistent/docker.sock',
    HOST_FIREWALL: 'off',
  };
});
afterAll(async () => {
  removePostgresData(path.join(folder, 'postgres'));
  await rm(folder, { recursive: true, force: true });
}, 60_000);

const settings = async () => parseEnv(await readFile(path.join(folder, 'secrets.env'), 'utf8'));
const listens = (port: number) =>
  fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(5_000) }).then(
    () => true,
    () => false,
  );

/** The embedded server's port. Undefined while it is stopped: Postgres removes the file when it ends. */
async function postgresPort(): Promise<number | undefined> {
  const pid = await readFile(path.join(folder, 'postgres/cluster/postmaster.pid'), 'utf8').catch(() => undefined);
  return pid === undefined ? undefined : Number(pid.split('\n')[3]);
}

/** Starts `pnpm dev` in a process group of its own, which a terminal's Ctrl-C signals as a whole. */
async function startDev() {
  const child = spawn('pnpm', ['run', 'dev'], { cwd: root, env: environment, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = once(child, 'close');
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  const ctrlC = async () => {
    if (child.pid && child.exitCode === null) process.kill(-child.pid, 'SIGINT');
    await closed;
    return output;
  };
  const ended = closed.then(() => true);
  for (const end = Date.now() + 300_000; !output.includes('Agentbot is ready'); ) {
    const over = await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 100))]);
    if (over || Date.now() > end) throw new Error(`pnpm dev did not become ready:\n${await ctrlC()}`);
  }
  return { ctrlC, output: () => output };
}

/** Runs a command of the root's package.json. */
const command = (name: string, changed: NodeJS.ProcessEnv = {}, args: string[] = []) =>
  promisify(execFile)('pnpm', ['run', name, ...args], { cwd: root, env: { ...environment, ...changed } }).then(
    ({ stdout }) => ({ code: 0, stdout }),
    ({ code, stdout, stderr }) => ({ code: code as number, stdout: `${stdout}${stderr}` }),
  );

/** The key that the secrets are under since the test of `rotate-keys`. */
let fresh: string;

/** The last hash of the platform's audit chain, as `pnpm audit:verify` prints it. */
const lastHash = (stdout: string) => /^service: \d+ entr(?:y|ies), ending in ([0-9a-f]{64})$/m.exec(stdout)?.[1];

test('pnpm dev serves dashboard and API, the commands use its database, and Ctrl-C stops everything', async () => {
  const dev = await startDev();
  try {
    expect(dev.output()).toContain(`http://localhost:${ports.web}\n`);
    expect(dev.output()).toContain('agents answer without containers');
    expect(dev.output()).toContain(folder);
    expect((await fetch(`http://localhost:${ports.web}/signin`)).status).toBe(200);
    expect(await (await fetch(`http://localhost:${ports.backend}/health`)).json()).toMatchObject({ status: 'ok', docker: 'unavailable' });
    expect((await fetch(`http://localhost:${ports.backend}/docs/`)).status).toBe(200);
    expect((await stat(path.join(folder, 'secrets.env'))).mode & 0o777).toBe(0o600);

    const { INTERNAL_API_KEY } = await settings();
    const call = (method: string, address: string, body?: string) =>
      fetch(`http://127.0.0.1:${ports.backend}${address}`, {
        method,
        headers: { authorization: `Bearer ${INTERNAL_API_KEY}`, 'content-type': 'application/json' },
        body: body ?? null,
      });
    const created = await call('POST', '/api/agents', '{"name":"First"}');
    expect(created.status).toBe(201);
    const { id } = (await created.json()) as { id: string };
    // The agent's gateway token is its first secret.
    expect((await call('GET', `/api/agents/${id}/token`)).status).toBe(200);

    const verified = await command('audit:verify');
    expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining('chains are intact') });
    expect(lastHash(verified.stdout)).toBeDefined();
    // The command has left the database running.
    expect((await fetch(`http://127.0.0.1:${ports.backend}/health`)).status).toBe(200);
    expect(await postgresPort()).toBeDefined();
  } finally {
    expect(await dev.ctrlC()).toContain('Everything is stopped.');
  }
  expect(await Promise.all(Object.values(ports).map(listens))).toEqual([false, false, false, false]);
  expect(await postgresPort()).toBeUndefined();
}, 360_000);

test('the commands start the database when pnpm dev does not run, and stop it again', async () => {
  const { ENCRYPTION_KEYS: old = '' } = await settings();
  fresh = `k2:${randomBytes(32).toString('base64')}`;
  const rotated = await command('rotate-keys', { ENCRYPTION_KEYS: `${fresh},${old}` });
  expect(rotated).toMatchObject({ code: 0, stdout: expect.stringMatching(/^[1-9]\d* secrets were rewrapped under k2, 0 were/m) });
  // Every secret opens with the new key alone.
  const again = await command('rotate-keys', { ENCRYPTION_KEYS: fresh });
  expect(again).toMatchObject({ code: 0, stdout: expect.stringMatching(/^0 secrets were rewrapped under k2, [1-9]\d* were/m) });
  // An exit code of the command is the wrapper's.
  expect((await command('rotate-keys', { ENCRYPTION_KEYS: old })).code).toBe(1);

  const verified = await command('audit:verify');
  expect(lastHash(verified.stdout)).toBeDefined();
  expect(await postgresPort()).toBeUndefined();
}, 240_000);

test('the database comes back from a backup of the installation after it is gone', async () => {
  const before = lastHash((await command('audit:verify')).stdout);
  const made = await command('installation:backup', { ENCRYPTION_KEYS: fresh }, ['--database-only']);
  expect(made).toMatchObject({ code: 0, stdout: expect.stringContaining('they are not in it: k2') });
  removePostgresData(path.join(folder, 'postgres'));
  const restored = await command('installation:restore', { ENCRYPTION_KEYS: fresh });
  expect(restored).toMatchObject({ code: 0, stdout: expect.stringContaining(': 0 accounts, 1 agents, 0 archives') });
  expect(lastHash((await command('audit:verify')).stdout)).toBe(before);
  expect(await postgresPort()).toBeUndefined();
}, 240_000);
