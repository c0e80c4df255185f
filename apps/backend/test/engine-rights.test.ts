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
 * A wrong DOCKER_GID: the engine's socket belongs to a group that the proxy or the backend is not in. The processes run without
 * root's capabilities, and only root can start them so.
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

/** Starts a Node.js program without capabilities, with additional groups. */
function startUnprivileged(groups: string, ...args: string[]) {
  const limits = [`--groups=${groups}`, '--inh-caps=-all', '--bounding-set=-all'];
  const child = spawn('setpriv', [...limits, process.execPath, ...args], { cwd: backend, stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  return {
    /** Waits for matching output, for at most `ms`. @returns all output so far */
    async untilOutput(wanted: RegExp, ms = 10_000): Promise<string> {
      for (const end = Date.now() + ms; !wanted.test(output) && Date.now() < end; ) await sleep(50);
      return output;
    },
  };
}
const startProxy = (groups: string) => startUnprivileged(groups, 'src/app/cli/engine-proxy.ts', listenOn, socket);
const ping = () =>
  new Promise<number | string | undefined>((resolve) => {
    request({ socketPath: listenOn, path: '/v1.41/_ping' }, (answer) => resolve(answer.resume().statusCode))
      .on('error', (error: NodeJS.ErrnoException) => resolve(error.code))
      .end();
  });
async function untilListening(): Promise<void> {
  for (const end = Date.now() + 10_000; Date.now() < end; await sleep(50)) if (!/ENOENT|ECONNREFUSED/.test(String(await ping()))) return;
}

describe('the engine proxy', () => {
  const compose = () => readFile(path.join(backend, '../../docker-compose.yml'), 'utf8');
  /** Runs the service's health check of docker-compose.yml. */
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

  test('in a wrong group logs DOCKER_GID with the right group once at its start, and is unhealthy', async () => {
    const proxy = startProxy('34567');
    const said = await proxy.untilOutput(/DOCKER_GID/);
    expect(said).toContain(`DOCKER_GID=${GROUP}`);
    expect(said).toContain('34567');
    await untilListening();
    expect(await ping()).toBe('ECONNRESET');
    expect(await isHealthy()).toBe(false);
    // At most one message a minute, regardless of the number of calls.
    expect((await proxy.untilOutput(/never/, 500)).match(/DOCKER_GID=/g)).toHaveLength(1);
  });

  test('in the right group logs nothing and is healthy', async () => {
    const proxy = startProxy(String(GROUP));
    await untilListening();
    expect(await ping()).toBe(200);
    expect(await isHealthy()).toBe(true);
    expect(await proxy.untilOutput(/never/, 500)).toBe('');
  });

  test('must be healthy before compose starts the backend', async () => {
    const service = (await compose()).split('\n  backend:\n')[1]?.split(/\n {2}\w/)[0];
    expect(service).toContain('engine-proxy: { condition: service_healthy }');
  });

  test('logs that a socket gives its group no rights', async () => {
    await chmod(socket, 0o600);
    const said = await startProxy(String(GROUP)).untilOutput(/rights/);
    await chmod(socket, 0o660);
    expect(said).toContain(`gives its group ${GROUP} no rights`);
  });
});

test('createDockerHost logs the right DOCKER_GID once when its socket belongs to another group', async () => {
  const script = `
    const { createDockerHost } = await import('./src/infra/docker/docker-host.ts');
    const host = createDockerHost('unix://${socket}', 'x', { isPullAllowed: () => false, log: { warn: (message) => console.log(message) } });
    for (let i = 0; i < 3; i++) await host.ping();
    console.log('unavailable', !(await host.available()));`;
  const said = await startUnprivileged('34567', '--input-type=module', '-e', script).untilOutput(/unavailable true/);
  expect(said.match(new RegExp(`DOCKER_GID=${GROUP}`, 'g'))).toHaveLength(1);
  expect(said).toContain('unavailable true');
});
