import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import { canary } from '@agentbot/test-doubles/canaries';
import { makeStandIn } from '@agentbot/test-doubles/stand-in';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import Docker from 'dockerode';
import { allowedCall, allowedCalls } from '../src/engine-proxy/allowed-calls.ts';
import { createEngineProxy } from '../src/engine-proxy/engine-proxy.ts';
import { randomName } from '../src/ids.ts';
import { sweep } from '../src/runtime/sweep.ts';
import { startBackendWithDocker, type TestBackend } from './backend.ts';

/** The backend with nothing but the filtered socket: all that it does is let through, and nothing else is. */

const IMAGE = 'agentbot/openclaw-test:proxied';
const socket = path.join(os.tmpdir(), `engine-${randomName(8)}.sock`);
const used = new Set<string>();
const refused: string[] = [];
const proxy = createEngineProxy({
  socketPath: new URL(process.env.DOCKER_HOST || 'unix:///var/run/docker.sock').pathname,
  onCall: (method, url, allowed) => {
    if (allowed) used.add(String(allowedCalls.indexOf(allowedCall(method, url) as (typeof allowedCalls)[number])));
    else refused.push(`${method} ${url}`);
  },
});
const filtered = new Docker({ socketPath: socket, version: 'v1.41' });
let backend: TestBackend;
let owner: string;
let removeImage: () => Promise<void>;

beforeAll(async () => {
  proxy.listen(socket);
  await once(proxy, 'listening');
  removeImage = await makeStandIn('agentbot/openclaw:2026.3.13', IMAGE);
  backend = await startBackendWithDocker('proxied', {
    DOCKER_HOST: `unix://${socket}`,
    OPENCLAW_IMAGE: IMAGE,
    AGENT_PORT_BASE: '22800',
    AGENT_SUBNET: '10.248.0.0/16',
  });
  owner = await backend.account();
}, 120_000);
afterAll(async () => {
  await backend.stop();
  await removeImage();
  proxy.closeAllConnections();
  proxy.close();
}, 60_000);

test('an agent lives its whole life through it', async () => {
  const config = { baseUrl: 'http://host.docker.internal:1/v1', model: 'echo-1', apiKey: canary('k-') };
  const { body } = await backend.as(owner, 'POST', '/api/agents/provision', { name: 'Filtered', model: 'custom', config });
  const { id } = body.agent;
  await backend.settled(id);
  for (const action of ['stop', 'start', 'restart', 'update', 'repair', 'reset-memory']) {
    const answer = await backend.machine(owner, 'POST', `/api/agents/${id}/${action}`, action === 'update' ? {} : undefined);
    expect([action, answer.status, answer.body.error]).toEqual([action, 200, undefined]);
  }
  expect((await backend.machine(owner, 'POST', `/api/agents/${id}/backups`)).status).toBe(201);
  expect((await backend.machine(owner, 'GET', `/api/logs/${id}/history`)).status).toBe(200);
  expect((await backend.machine(owner, 'GET', `/api/openclaw/instances/${id}/stats`)).status).toBe(200);
  expect((await backend.machine(owner, 'DELETE', `/api/agents/${id}`)).body).toEqual({ id, deleted: true });
  // What no agent owns is looked for every minute, at the clock's.
  await sweep(backend.context);
  // An image that is nowhere is asked for, and not found.
  await filtered.pull('localhost:1/nowhere:none').catch(() => undefined);
  expect(refused).toEqual([]);
  const unused = allowedCalls
    .filter((_call, index) => !used.has(String(index)))
    .map(({ method, path: { source } }) => `${method} ${source}`);
  expect(unused).toEqual([]);
}, 180_000);

describe('what the backend never asks', () => {
  const sane = {
    Image: IMAGE,
    User: '1000:1000',
    Labels: { 'agentbot.installation': 'x' },
    HostConfig: { CapDrop: ['ALL'], SecurityOpt: ['no-new-privileges'], ReadonlyRootfs: true, NetworkMode: 'none' },
  };
  const asking = (changes: object, host: object = {}) => ({ ...sane, ...changes, HostConfig: { ...sane.HostConfig, ...host } });

  test.each<[string, object]>([
    ['privileges', asking({}, { Privileged: true })],
    ['a capability', asking({}, { CapAdd: ['NET_ADMIN'] })],
    ['its capabilities kept', asking({}, { CapDrop: [] })],
    ['a folder of the host', asking({}, { Binds: ['/:/host'] })],
    ['a folder of the host as a mount', asking({}, { Mounts: [{ Type: 'bind', Source: '/', Target: '/host' }] })],
    [
      'a folder of the host as a volume',
      asking(
        {},
        { Mounts: [{ Type: 'volume', Source: 'openclaw-x', Target: '/h', VolumeOptions: { DriverConfig: { Options: { device: '/' } } } }] },
      ),
    ],
    ['another’s volume', asking({}, { Mounts: [{ Type: 'volume', Source: 'postgres', Target: '/h' }] })],
    ['the host’s network', asking({}, { NetworkMode: 'host' })],
    ['another container’s network', asking({}, { NetworkMode: 'container:postgres' })],
    ['the host’s processes', asking({}, { PidMode: 'host' })],
    ['a device', asking({}, { Devices: [{ PathOnHost: '/dev/sda' }] })],
    ['root', asking({ User: '0:0' })],
    ['nobody’s label', asking({ Labels: {} })],
  ])('a container with %s', async (_what, body) => {
    await expect(filtered.createContainer(body as never)).rejects.toMatchObject({ statusCode: 403 });
  });

  test.each<[string, string]>([
    ['POST', '/v1.41/containers/openclaw-x/exec'],
    ['POST', '/v1.41/exec/abc/start'],
    ['POST', '/v1.41/containers/openclaw-x/attach'],
    ['POST', '/v1.41/containers/openclaw-x/update'],
    ['POST', '/v1.41/commit'],
    ['POST', '/v1.41/build'],
    ['DELETE', '/v1.41/images/x'],
    ['POST', '/v1.41/swarm/init'],
    ['POST', '/v1.41/plugins/pull'],
    ['POST', '/v1.41/networks/openclaw-net-x/connect'],
    ['GET', '/v1.41/secrets'],
    ['POST', '/v1.41/containers/x/../create'],
    ['POST', '/v1.41/containers/x%2F..%2Fcreate'],
    ['GET', '/v1.41/images/x/../../containers/json'],
    ['POST', '/v1.41//containers/create'],
    ['GET', '/v1.41/containers/postgres/archive?path=/'],
    ['PUT', '/v1.41/containers/postgres/archive?path=/'],
    ['GET', '/v1.41/containers/postgres/logs?stdout=true'],
    ['DELETE', '/v1.41/containers/postgres?force=true'],
    ['DELETE', `/v1.41/containers/${'0123456789ab'.repeat(5)}?force=true`],
    ['DELETE', '/v1.41/containers/not-openclaw-x'],
    ['POST', '/v1.41/containers/postgres/stop'],
    ['GET', '/v1.41/volumes/postgres'],
    ['DELETE', '/v1.41/volumes/postgres'],
    ['DELETE', '/v1.41/networks/bridge'],
  ])('%s %s', async (method, url) => {
    const { request } = await import('node:http');
    const status = await new Promise((resolve) => {
      request({ socketPath: socket, method, path: url }, (answer) => resolve(answer.statusCode)).end();
    });
    expect(status).toBe(403);
  });

  test('a volume that is a folder of the host', async () => {
    const body = {
      Name: 'openclaw-data-x',
      Labels: { 'agentbot.installation': 'x' },
      DriverOpts: { type: 'none', device: '/', o: 'bind' },
    };
    await expect(filtered.createVolume(body)).rejects.toMatchObject({ statusCode: 403 });
  });

  test('a volume or a network that is not named as ours', async () => {
    const body = { Name: 'postgres', Labels: { 'agentbot.installation': 'x' } };
    await expect(filtered.createVolume(body)).rejects.toMatchObject({ statusCode: 403 });
    await expect(filtered.createNetwork(body)).rejects.toMatchObject({ statusCode: 403 });
  });
});
