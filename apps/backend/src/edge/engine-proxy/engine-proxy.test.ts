import { once } from 'node:events';
import { createServer, request } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { confinement } from '../../infra/docker/container-options.ts';
import { randomName } from '../../shared/ids.ts';
import { createEngineProxy } from './engine-proxy.ts';

/** What the engine proxy refuses, and what it forwards. test/engine-proxy.test.ts runs an agent's life through it. */

const AGENT = 'agent_a';
const CONTAINER = '0123456789abcdef'.repeat(4);
const socket = path.join(os.tmpdir(), `engine-${randomName(8)}.sock`);
const proxy = createEngineProxy({ agentSubnet: '10.248.0.0/16', installation: 'x', socketPath: `${socket}.engine` });
/** Answers every call that the proxy forwards, and describes one container. */
const engine = createServer((asked, answer) => {
  const labels = { 'agentbot.installation': 'x', 'agentbot.agent': AGENT };
  if (asked.url === `/v1.41/containers/${CONTAINER}/json`) answer.end(JSON.stringify({ Config: { Labels: labels } }));
  else answer.writeHead(asked.url?.endsWith('/json') ? 404 : 204).end('{}');
});

beforeAll(async () => {
  engine.listen(`${socket}.engine`);
  proxy.listen(socket);
  await Promise.all([once(engine, 'listening'), once(proxy, 'listening')]);
});
afterAll(() => {
  for (const server of [proxy, engine]) {
    server.closeAllConnections();
    server.close();
  }
});

describe('the engine proxy', () => {
  const labels = { 'agentbot.installation': 'x' };
  const volumeMount = { Type: 'volume', Source: 'openclaw-x', Target: '/home/node/.openclaw' };
  const sane = {
    Image: 'agentbot/openclaw:2026.3.13',
    User: '1000:1000',
    WorkingDir: '/home/node/.openclaw',
    Labels: labels,
    HostConfig: { ...confinement(), PidsLimit: 64, Memory: 64 * 1024 ** 2, NetworkMode: 'none', Mounts: [volumeMount] },
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

  test('forwards the valid forms of the refused calls', async () => {
    expect(await create('containers', sane)).toBe(204);
    expect(await create('volumes', volume)).toBe(204);
    expect(await create('networks', network)).toBe(204);
    expect(await create('containers', asking({}, { PortBindings: { '18789/tcp': [{ HostIp: '127.0.0.1', HostPort: '20000' }] } }))).toBe(
      204,
    );
    expect(await send('POST', '/v1.41/images/create?fromImage=ghcr.io/openclaw/openclaw&tag=1')).toBe(204);
    expect(await send('POST', '/v1.41/containers/openclaw-x/start')).toBe(204);
    expect(await send('DELETE', '/v1.41/containers/openclaw-x?force=true')).toBe(204);
    expect(await send('GET', '/v1.41/containers/openclaw-x/archive?path=/home/node/.openclaw')).toBe(204);
  });

  test('lets a container be renamed to the name of the agent in its labels, and to no other', async () => {
    const rename = (id: string, name: string) => send('POST', `/v1.41/containers/${id}/rename?name=${name}`);
    expect(await rename(CONTAINER, `openclaw-${AGENT}`)).toBe(204);
    expect(await rename(CONTAINER, 'openclaw-agent_b')).toBe(403);
    expect(await rename('f'.repeat(64), `openclaw-${AGENT}`)).toBe(403);
  });

  test('refuses a body above 1 MiB, and a body without Content-Length', async () => {
    const long = { ...sane, Env: [`X=${'x'.repeat(1024 ** 2)}`] };
    expect(await create('containers', long)).toBe(403);
    const status = await new Promise((resolve, reject) => {
      const asked = request({ socketPath: socket, method: 'POST', path: '/v1.41/containers/create' }, (answer) =>
        resolve(answer.resume().statusCode),
      );
      asked.on('error', reject).flushHeaders();
      asked.end(JSON.stringify(sane));
    });
    expect(status).toBe(403);
  });

  test('forwards valid create calls as parsed JSON and drops other bodies', async () => {
    const options = { socketPath: `${socket}.heard`, agentSubnet: '10.248.0.0/16', installation: 'x' };
    const heard: { address: string; type: string | undefined; body: string }[] = [];
    const hearing = createServer(async (asked, answer) => {
      heard.push({ address: `${asked.method} ${asked.url}`, type: asked.headers['content-type'], body: await text(asked) });
      answer.writeHead(201).end();
    }).listen(options.socketPath);
    const between = createEngineProxy(options).listen(`${socket}.between`);
    await Promise.all([once(hearing, 'listening'), once(between, 'listening')]);
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
    for (const server of [hearing, between]) server.close();
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
    ['a mount of another type', mounting({ Type: 'tmpfs' })],
    ['a foreign volume', mounting({ Source: 'postgres' })],
    ['the host’s network', asking({}, { NetworkMode: 'host' })],
    ['another container’s network', asking({}, { NetworkMode: 'container:postgres' })],
    ['the host’s processes', asking({}, { PidMode: 'host' })],
    ['a device', asking({}, { Devices: [{ PathOnHost: '/dev/sda' }] })],
    ['a port for everyone', asking({}, { PortBindings: { '18789/tcp': [{ HostIp: '', HostPort: '22' }] } })],
    ['a port on every address', asking({}, { PortBindings: { '18789/tcp': [{ HostIp: '0.0.0.0', HostPort: '20000' }] } })],
    ['a writable system', asking({}, { ReadonlyRootfs: false })],
    ['new privileges', asking({}, { SecurityOpt: [] })],
    ['an environment’s shared memory', asking({}, { IpcMode: 'host' })],
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
    ['DELETE', '/v1.41/images/x?force=true'],
    ['DELETE', '/v1.41/images/agentbot/backend'],
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
