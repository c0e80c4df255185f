import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';

/**
 * The engine's socket belongs to a group that the proxy, or the backend, is not in: a wrong DOCKER_GID. The processes run
 * without the superuser's capabilities, which only the superuser can arrange.
 */

const backend = path.join(import.meta.dirname, '..');
const GROUP = 23_456;
let folder: string;
let engine: Server;
let socket: string;
let listenOn: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'agentbot-rights-'));
  [socket, listenOn] = [path.join(folder, 'docker.sock'), path.join(folder, 'filtered.sock')];
  engine = createServer((_asked, answer) => answer.end('OK')).listen(socket);
  await once(engine, 'listening');
  await chown(socket, 12_345, GROUP);
  await chmod(socket, 0o660);
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
});
afterAll(async () => {
  engine.close();
  await rm(folder, { recursive: true, force: true });
});

/** Starts a program of Node.js without capabilities, in these groups beside its own. */
function startWithout(groups: string, ...args: string[]) {
  const limits = [`--groups=${groups}`, '--inh-caps=-all', '--bounding-set=-all'];
  const child = spawn('setpriv', [...limits, process.execPath, ...args], { cwd: backend, stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  return {
    /** What it has written, once that fits, or after a while. */
    async said(wanted: RegExp, ms = 10_000): Promise<string> {
      for (const end = Date.now() + ms; !wanted.test(output) && Date.now() < end; ) await sleep(50);
      return output;
    },
  };
}
const startProxy = (groups: string) => startWithout(groups, 'src/app/cli/engine-proxy.ts', listenOn, socket);
const ping = () =>
  new Promise<number | string | undefined>((resolve) => {
    request({ socketPath: listenOn, path: '/v1.41/_ping' }, (answer) => resolve(answer.resume().statusCode))
      .on('error', (error: NodeJS.ErrnoException) => resolve(error.code))
      .end();
  });
async function listening(): Promise<void> {
  for (const end = Date.now() + 10_000; Date.now() < end; await sleep(50)) if (!/ENOENT|ECONNREFUSED/.test(String(await ping()))) return;
}

describe('the engine proxy', () => {
  const compose = () => readFile(path.join(backend, '../../docker-compose.yml'), 'utf8');
  /** Whether compose takes the service for healthy. */
  async function isHealthy(): Promise<boolean> {
    const [, service = ''] = (await compose()).split('\n  engine-proxy:\n');
    const [, command = '[]'] = /^ {6}test:\s+(\[.*?\])$/ms.exec(service) ?? [];
    const [kind, , ...args] = JSON.parse(command.replace(/,\s*\]$/, ']').replace('/run/engine/docker.sock', listenOn)) as string[];
    expect(kind).toBe('CMD');
    return promisify(execFile)(process.execPath, args).then(
      () => true,
      () => false,
    );
  }

  test('in the wrong group names the variable and the right group at its start, and is not healthy', async () => {
    const proxy = startProxy('34567');
    const said = await proxy.said(/DOCKER_GID/);
    expect(said).toContain(`DOCKER_GID=${GROUP}`);
    expect(said).toContain('34567');
    await listening();
    expect(await ping()).toBe('ECONNRESET');
    expect(await isHealthy()).toBe(false);
    // Once in a minute, however often it is asked.
    expect((await proxy.said(/never/, 500)).match(/DOCKER_GID=/g)).toHaveLength(1);
  });

  test('in the right group is silent and healthy', async () => {
    const proxy = startProxy(String(GROUP));
    await listening();
    expect(await ping()).toBe(200);
    expect(await isHealthy()).toBe(true);
    expect(await proxy.said(/never/, 500)).toBe('');
  });

  test('must be healthy before compose starts the backend', async () => {
    const service = (await compose()).split('\n  backend:\n')[1]?.split(/\n {2}\w/)[0];
    expect(service).toContain('engine-proxy: { condition: service_healthy }');
  });

  test('whose socket gives its group no rights says so', async () => {
    await chmod(socket, 0o600);
    const said = await startProxy(String(GROUP)).said(/rights/);
    await chmod(socket, 0o660);
    expect(said).toContain(`gives its group ${GROUP} no rights`);
  });
});

test('a backend that opens the socket itself says once what is missing', async () => {
  const script = `
    const { createDockerHost } = await import('./src/infra/docker/docker-host.ts');
    const host = createDockerHost('unix://${socket}', 'x', { isPullAllowed: () => false, log: { warn: (message) => console.log(message) } });
    for (let i = 0; i < 3; i++) await host.ping();
    console.log('unavailable', !(await host.available()));`;
  const said = await startWithout('34567', '--input-type=module', '-e', script).said(/unavailable true/);
  expect(said.match(new RegExp(`DOCKER_GID=${GROUP}`, 'g'))).toHaveLength(1);
  expect(said).toContain('unavailable true');
});
