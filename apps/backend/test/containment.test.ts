import { execFile } from 'node:child_process';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { Agent, createServer as createHttpServer, request as httpRequest } from 'node:http';
import { connect as connectTo, createServer, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { canary } from '@agentbot/test-doubles/canaries';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { makeStandIn } from '@agentbot/test-doubles/stand-in';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import Docker from 'dockerode';
import { WebSocket, WebSocketServer } from 'ws';
import { virtualKey } from '../src/domain/usage/virtual-key.ts';
import { removeFirewall } from '../src/infra/host-firewall/host-firewall.ts';
import { ASSERTION_SECRET, INTERNAL_KEY, startBackend, startBackendWithDocker, type TestBackend } from './backend.ts';
import { registryHost } from './registry-host.ts';

/**
 * The network access of agents, tried from inside their containers. The first agent runs OpenClaw. The others run a stand-in:
 * the network is the container's, whatever runs in it.
 */

const docker = new Docker();
const SUBNETS = { closed: '10.246.0.0/16', open: '10.247.0.0/16' };
const KEY = canary('sk-or-');
const REAL = 'agentbot/openclaw:2026.3.13';
const STAND_IN = 'agentbot/openclaw-test:stand-in-contained';
let removeStandIn: () => Promise<void>;
let backend: TestBackend;
let model: Awaited<ReturnType<typeof startModelProvider>>;
/** A server that listens on all addresses of the host. */
let service: Server;
let port: number;
let owner: string;
let agent: string;
let other: string;
let limited: string;
const internet = registryHost();

async function provision(name: string, more: object = {}): Promise<string> {
  const config = { baseUrl: 'https://model.example/v1', model: 'echo-1', apiKey: KEY, ...more };
  const { body } = await backend.machine(owner, 'POST', '/api/agents/provision', { name, model: 'custom', config });
  await backend.settled(body.agent.id);
  return body.agent.id;
}

beforeAll(async () => {
  service = createServer((socket) => socket.on('error', () => undefined).end('here'));
  await new Promise<void>((resolve) => service.listen(0, '0.0.0.0', resolve));
  ({ port } = service.address() as { port: number });
  model = await startModelProvider();
  removeStandIn = await makeStandIn(REAL, STAND_IN);
  // The backend listens on all addresses here: the firewall alone must keep agents out.
  backend = await startBackendWithDocker('containment', {
    AGENT_PORT_BASE: '22000',
    AGENT_SUBNET: SUBNETS.closed,
    OPENCLAW_IMAGE: STAND_IN,
    BACKEND_HOST: '0.0.0.0',
    EGRESS_PORT: '22390',
    MODEL_GATEWAY_PORT: '22399',
    ALLOW_PRIVATE_MODEL_ENDPOINTS: 'false',
  });
  owner = await backend.account();
  [agent, other, limited] = await Promise.all([
    provision('Caged'),
    provision('Neighbour'),
    provision('Limited', { allowedDomains: [internet] }),
  ]);
  const { status } = await backend.machine(owner, 'POST', `/api/agents/${agent}/update`, { image: REAL });
  expect(status).toBe(200);
});
afterAll(async () => {
  for (const id of [agent, other, limited]) await backend.machine(undefined, 'DELETE', `/api/agents/${id}`);
  await backend.stop();
  for (const subnet of Object.values(SUBNETS)) await removeFirewall(subnet);
  service.close();
  await model.close();
  await removeStandIn();
});

async function execIn(container: string, cmd: string[]): Promise<string> {
  const exec = await docker.getContainer(container).exec({ Cmd: cmd, AttachStdout: true, AttachStderr: true });
  const stream = await exec.start({});
  const chunks: Buffer[] = [];
  const sink = { write: (chunk: Buffer) => chunks.push(chunk) };
  docker.modem.demuxStream(stream, sink as never, sink as never);
  await new Promise((resolve) => stream.on('end', resolve));
  return Buffer.concat(chunks).toString().trim();
}

const attempts = `
  const attempt = ([host, port]) => new Promise((resolve) => {
    const socket = require('net').connect({ host, port, timeout: 4000 });
    socket.on('connect', () => resolve('connected')).on('timeout', () => resolve('timeout')).on('error', (error) => resolve(error.code));
  });
  Promise.all(JSON.parse(process.argv[1]).map(attempt)).then((all) => { console.log(JSON.stringify(all)); process.exit(); });`;
/** Connects to each target from inside an agent's container. @returns `connected` or the error code, for each */
const connectAll = async (id: string, targets: [string, number][]): Promise<string[]> =>
  JSON.parse(await execIn(`openclaw-${id}`, ['node', '-e', attempts, JSON.stringify(targets)]));
const connect = async (id: string, host: string, at: number) => (await connectAll(id, [[host, at]]))[0];
const refused = /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EACCES|EPERM|ENOTFOUND|EAI_AGAIN|timeout)$/;

async function addressOf(id: string) {
  const { NetworkSettings } = await docker.getContainer(`openclaw-${id}`).inspect();
  const { Gateway, IPAddress } = Object.values(NetworkSettings.Networks)[0] as { Gateway: string; IPAddress: string };
  return { gateway: Gateway, own: IPAddress };
}

test('an agent reaches no port of the host, the platform, the cloud’s metadata service or another agent', async () => {
  const { gateway } = await addressOf(agent);
  const neighbour = await addressOf(other);
  const { containerSpec } = await backend.context.database.as('service', (tx) => tx.agent.findUniqueOrThrow({ where: { id: other } }));
  const { bind } = containerSpec as { bind: { gateway: number } };
  const mine = Object.values(networkInterfaces()).flatMap((all = []) =>
    all.filter(({ family }) => family === 'IPv4').map(({ address }) => address),
  );
  const postgres = Number(new URL(backend.config.DATABASE_URL).port);
  const targets: [string, number][] = [
    ...[...new Set([...mine, gateway, '127.0.0.1', 'host.docker.internal', 'models.agentbot.internal'])].flatMap(
      (address): [string, number][] => [backend.port, backend.gatewayPort, postgres, port, bind.gateway].map((at) => [address, at]),
    ),
    [neighbour.own, 18_789],
    [neighbour.gateway, bind.gateway],
    ['169.254.169.254', 80],
    ['10.255.255.1', 443],
    ['192.168.0.1', 80],
    [gateway, 2375],
    [gateway, 22],
  ];
  const outcomes = await connectAll(agent, targets);
  expect(outcomes.map((outcome, index) => [targets[index], outcome])).toEqual(
    targets.map((target) => [target, expect.stringMatching(refused)]),
  );
  expect(await execIn(`openclaw-${agent}`, ['sh', '-c', 'ls /var/run/docker.sock /run/docker.sock 2>&1 | grep -c "No such file"'])).toBe(
    '2',
  );
});

const iptables = async (...given: string[]) => (await promisify(execFile)('iptables', ['-w', '10', ...given])).stdout;
const jumps = async () => (await iptables('-S', 'INPUT')).split('\n').filter((line) => line.includes(`-s ${SUBNETS.closed} `));
/** Removes the rules. A round of the reconciler that runs at this moment sets them again. */
const openHost = () =>
  pollUntil('the rules are removed', async () => {
    await removeFirewall(SUBNETS.closed);
    await sleep(300);
    return (await jumps()).length === 0;
  });

test('an agent reaches the host and the backend once the firewall is removed', async () => {
  await openHost();
  const { gateway } = await addressOf(agent);
  expect(await connect(agent, gateway, port)).toBe('connected');
  expect(await connect(agent, gateway, backend.port)).toBe('connected');
  await backend.context.firewall.ensure();
  expect(await connect(agent, gateway, port)).toMatch(refused);
});

test('the compose health check of the firewall passes only while the host is closed', async () => {
  const compose = await readFile(path.join(import.meta.dirname, '../../../docker-compose.yml'), 'utf8');
  const [firewall = '', service = ''] = ['firewall', 'backend'].map((name) => compose.split(`\n  ${name}:\n`)[1]?.split(/\n {2}\w/)[0]);
  expect(service).toContain('firewall: { condition: service_healthy }');
  const [, command = 'false'] = /"CMD-SHELL",\s*"(.*)"/.exec(firewall) ?? [];
  const isClosed = () =>
    promisify(execFile)('sh', ['-c', command.replaceAll('$$', '$')], { env: { ...process.env, AGENT_SUBNET: SUBNETS.closed } }).then(
      () => true,
      () => false,
    );
  expect(await isClosed()).toBe(true);
  await openHost();
  expect(await isClosed()).toBe(false);
  await backend.context.firewall.ensure();
  expect(await isClosed()).toBe(true);
});

test('firewall.ensure keeps one jump rule, above the host’s other INPUT rules', async () => {
  const other = ['-s', '192.0.2.0/24', '-j', 'ACCEPT'];
  await backend.context.firewall.ensure();
  expect(await jumps()).toHaveLength(1);
  await iptables('-I', 'INPUT', '1', ...other);
  try {
    await backend.context.firewall.ensure();
    expect(await iptables('-S', 'INPUT', '1')).toContain(`-s ${SUBNETS.closed} `);
    expect(await jumps()).toHaveLength(1);
  } finally {
    await iptables('-D', 'INPUT', ...other);
  }
  await openHost();
  await backend.context.firewall.ensure();
  expect(await jumps()).toHaveLength(1);
});

test('an agent reaches the internet', async () => {
  expect(await connect(agent, internet, 443)).toBe('connected');
});

describe('an agent with allowedDomains', () => {
  const handshakeScript = `
    const [host, servername] = process.argv.slice(1);
    const socket = require('tls').connect({ host, servername, port: 443, rejectUnauthorized: false, timeout: 8000 });
    socket.on('secureConnect', () => { console.log('secured'); process.exit(); });
    socket.on('timeout', () => { console.log('timeout'); process.exit(); }).on('error', () => { console.log('refused'); process.exit(); });`;
  /** Attempts a TLS handshake at an address with a server name. @returns `secured`, `refused` or `timeout` */
  const tlsHandshake = (id: string, host: string, name: string) => execIn(`openclaw-${id}`, ['node', '-e', handshakeScript, host, name]);
  const firstLineScript = `
    const socket = require('net').connect({ host: process.argv[1], port: Number(process.argv[2]), timeout: 4000 });
    let said = '';
    const end = () => { console.log(said.split('\\r\\n')[0] || 'nothing'); process.exit(); };
    socket.on('connect', () => socket.write(process.argv[3])).on('data', (data) => { said += data; });
    socket.on('end', end).on('close', end).on('timeout', end).on('error', () => undefined);`;
  /** Sends text over TCP. @returns the first line of the answer, or `nothing` */
  const firstLine = (id: string, host: string, at: number, text: string) =>
    execIn(`openclaw-${id}`, ['node', '-e', firstLineScript, host, String(at), text]);

  test('reaches the listed domains by server name and no other host', async () => {
    const { address } = await lookup(internet, { family: 4 });
    expect(await tlsHandshake(limited, internet, internet)).toBe('secured');
    // The proxy resolves the name itself and ignores the address that the agent used.
    expect(await tlsHandshake(limited, '192.0.2.1', internet)).toBe('secured');
    expect(await tlsHandshake(limited, address, 'elsewhere.example')).toBe('refused');
    expect(await tlsHandshake(limited, address, 'model.example')).toBe('refused');
    expect(await firstLine(limited, address, 80, 'GET / HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n')).toBe('HTTP/1.1 403 Forbidden');
    expect(await firstLine(limited, address, 80, 'EHLO elsewhere.example\r\n')).toBe('HTTP/1.1 400 Bad Request');
    expect(await firstLine(limited, address, 443, `CONNECT elsewhere.example:443 HTTP/1.1\r\nHost: ${internet}\r\n\r\n`)).toBe('nothing');
  });

  test('is restricted, and an agent without a list is not', async () => {
    const { address } = await lookup(internet, { family: 4 });
    expect(await tlsHandshake(agent, address, internet)).toBe('secured');
    expect(await connect(agent, address, 443)).toBe('connected');
  });

  test('reaches no port of the host, and no other agent reaches its proxy', async () => {
    const { gateway, own } = await addressOf(limited);
    expect(own).toMatch(/^10\.246\.128\./);
    const targets: [string, number][] = [
      [gateway, backend.port],
      [gateway, backend.gatewayPort],
      [gateway, port],
      [gateway, 22],
    ];
    for (const outcome of await connectAll(limited, targets)) expect(outcome).toMatch(refused);
    expect(await firstLine(limited, '169.254.169.254', 80, 'GET / HTTP/1.1\r\nHost: 169.254.169.254\r\n\r\n')).toBe(
      'HTTP/1.1 403 Forbidden',
    );
    // An agent without a list cannot use the egress proxy.
    expect(await connect(agent, (await addressOf(agent)).gateway, 22_390)).toMatch(refused);
  });

  test('reaches every host again after its list is emptied and its container recreated', async () => {
    const { address } = await lookup(internet, { family: 4 });
    const elsewhere = { allowedDomains: ['elsewhere.example'] };
    expect((await backend.machine(owner, 'PUT', `/api/agents/${limited}/config`, { config: elsewhere })).status).toBe(200);
    await sleep(2_100);
    expect(await tlsHandshake(limited, address, internet)).toBe('refused');
    expect((await backend.machine(owner, 'PUT', `/api/agents/${limited}/config`, { config: { allowedDomains: [] } })).status).toBe(200);
    expect((await backend.machine(owner, 'POST', `/api/agents/${limited}/restart`)).status).toBe(200);
    expect((await addressOf(limited)).own).toMatch(/^10\.246\.0\./);
    expect(await connect(limited, address, 443)).toBe('connected');
  });
});

test('the backend reaches the gateway of a confined agent', async () => {
  const { body } = await backend.machine(undefined, 'GET', `/api/agent?action=health&agentId=${agent}`);
  expect(body).toMatchObject({ status: expect.any(String), model: expect.any(String) });
  const { body: state } = await backend.machine(undefined, 'GET', `/api/agents/${agent}`);
  expect(state.status).toBe('active');
});

test('an agent’s container, environment and processes hold no secret of the platform or of another agent', async () => {
  const { DATABASE_URL, ENCRYPTION_KEYS } = backend.config;
  const token = async (id: string) => (await backend.machine(undefined, 'GET', `/api/agents/${id}/token`)).body.token;
  const shown = JSON.stringify(await docker.getContainer(`openclaw-${agent}`).inspect());
  const environment = await execIn(`openclaw-${agent}`, ['sh', '-c', 'cat /proc/*/environ /proc/*/cmdline 2>/dev/null']);
  const password = new URL(DATABASE_URL).password;
  const [, key = ''] = ENCRYPTION_KEYS.split(':');
  for (const secret of [INTERNAL_KEY, ASSERTION_SECRET, password, key, await token(other)]) {
    expect(secret.length).toBeGreaterThan(10);
    expect(shown.includes(secret)).toBe(false);
    expect(environment.includes(secret)).toBe(false);
  }
  const { Config, HostConfig } = await docker.getContainer(`openclaw-${agent}`).inspect();
  expect([...(Config.Entrypoint ?? []), ...(Config.Cmd ?? [])].join(' ')).not.toContain(KEY);
  expect(JSON.stringify(Config.Labels)).not.toContain(KEY);
  expect(HostConfig).toMatchObject({
    CapDrop: ['ALL'],
    ReadonlyRootfs: true,
    Privileged: false,
    PidMode: '',
    IpcMode: 'private',
    SecurityOpt: ['no-new-privileges'],
    CgroupnsMode: 'private',
  });
  expect(HostConfig.Binds ?? []).toEqual([]);
});

test('the egress proxy forwards HTTP and WebSocket for agents only, with at most 256 connections each', async () => {
  const site = createHttpServer((request, response) => response.end(`${request.method} ${request.url} ${request.headers.host}`));
  const sockets = new WebSocketServer({ server: site });
  sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(`heard ${data}`)));
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  const at = `127.0.0.1:${(site.address() as { port: number }).port}`;
  // The agents' subnet is the loopback network here, so that this process can connect as an agent.
  const bare = await startBackend({ AGENT_SUBNET: '127.0.0.0/16', EGRESS_PORT: '22392' });
  try {
    const elsewhere = createServer((socket) => socket.on('error', () => undefined).end('HTTP/1.1 200 OK\r\n\r\n')).listen(0);
    await once(elsewhere, 'listening');
    const mine = `127.0.0.1:${(elsewhere.address() as { port: number }).port}`;
    const open = { baseUrl: `http://${at}/v1`, model: 'm' };
    const config = { ...open, apiKey: canary('k-'), allowedDomains: ['example.com'] };
    const { body } = await bare.machine(await bare.account(), 'POST', '/api/agents', { name: 'Limited', config });
    // The list holds addresses, as domains that resolve to them.
    const listed = { ...open, allowedDomains: [mine, '169.254.169.254'] };
    await bare.context.database.as('service', (tx) => tx.agent.update({ where: { id: body.id }, data: { slot: 3, config: listed } }));
    const asAgent = { host: '127.0.0.1', port: 22_392, localAddress: '127.0.128.26' };
    const get = (options: object, host: string) =>
      new Promise<string>((resolve) => {
        const asked = httpRequest({ ...options, path: '/x?y', headers: { host } }, async (answer) =>
          resolve(`${answer.statusCode} ${await text(answer)}`),
        );
        asked.on('error', () => resolve('hung up')).end();
      });
    expect(await get(asAgent, at)).toBe(`200 GET /x?y ${at}`);
    expect(await get(asAgent, 'elsewhere.example')).toBe('403 {"error":"This agent may not reach this host"}');
    expect(await get(asAgent, '127.0.0.1:1')).toBe('403 {"error":"This agent may not reach this host"}');
    // Listed or not: of this machine an agent reaches only its own model, and the metadata service never.
    for (const closed of [mine, '169.254.169.254'])
      expect(await get(asAgent, closed)).toBe('403 {"error":"This agent may not reach this host"}');
    elsewhere.close();
    expect(await get({ ...asAgent, localAddress: '127.0.128.34' }, at)).toContain('403');
    expect(await get({ ...asAgent, localAddress: '127.0.0.1' }, at)).toBe('hung up');

    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    expect([await get({ ...asAgent, agent }, at), await get({ ...asAgent, agent }, 'elsewhere.example')]).toEqual([
      expect.stringContaining('200'),
      expect.stringContaining('403'),
    ]);
    agent.destroy();

    const socket = new WebSocket('ws://127.0.0.1:22392/', { localAddress: asAgent.localAddress, headers: { host: at } });
    const [heard] = await Promise.all([once(socket, 'message'), once(socket, 'open').then(() => socket.send('it'))]);
    expect(String(heard[0])).toBe('heard it');
    socket.terminate();

    const crowded = { ...asAgent, localAddress: '127.0.128.42' };
    const many = Array.from({ length: 300 }, () => connectTo(crowded).on('error', () => undefined));
    const count = () => [many.filter(({ readyState }) => readyState === 'open').length, many.filter(({ closed }) => closed).length];
    for (let i = 0; i < 90 && count()[1] !== 44; i++) await sleep(100);
    expect(count()).toEqual([256, 44]);
    for (const each of many) each.destroy();
    let answer = await get(crowded, at);
    for (let i = 0; i < 300 && answer === 'hung up'; i++) answer = await sleep(100).then(() => get(crowded, at));
    expect(answer).toContain('403');
  } finally {
    await bare.stop();
    sockets.close();
    site.close();
  }
});

test('createAgent refuses allowedDomains with 400 without EGRESS_PORT', async () => {
  const none = await startBackend();
  try {
    const config = { allowedDomains: ['example.com'] };
    const { status, body } = await none.machine(await none.account(), 'POST', '/api/agents', { name: 'Limited', config });
    expect([status, body.error]).toEqual([400, expect.stringContaining('EGRESS_PORT')]);
  } finally {
    await none.stop();
  }
});

test('every agent reaches the model gateway, and with its own key alone', async () => {
  const keyOf = async (id: string) => virtualKey(id, (await backend.machine(owner, 'GET', `/api/agents/${id}/token`)).body.token);
  const call = `fetch('http://models.agentbot.internal:${backend.modelGatewayPort}/custom/models', { headers: { authorization: 'Bearer ' + process.argv[1] } })
    .then((answer) => console.log(answer.status), (error) => console.log(error.cause.code))`;
  const statusFrom = async (id: string, key: string) => execIn(`openclaw-${id}`, ['node', '-e', call, key]);
  for (const id of [agent, limited]) {
    // A path that the gateway does not serve, for a caller that it knows.
    expect(await statusFrom(id, await keyOf(id))).toBe('404');
    expect(await statusFrom(id, await keyOf(other))).toBe('401');
  }
});

test('ALLOW_PRIVATE_MODEL_ENDPOINTS opens no port of the host to agents: the model gateway calls the endpoint', async () => {
  const open = await startBackendWithDocker('containment-open', {
    AGENT_PORT_BASE: '22400',
    AGENT_SUBNET: SUBNETS.open,
    MODEL_GATEWAY_PORT: '22799',
    OPENCLAW_IMAGE: REAL,
  });
  try {
    const user = await open.account();
    const id = await open.provisionEcho(user, { name: 'Local', modelPort: model.port, apiKey: KEY });
    const { gateway } = await addressOf(id);
    expect(await connect(id, 'host.docker.internal', model.port)).toMatch(refused);
    expect(await connect(id, gateway, model.port)).toMatch(refused);
    expect(await connect(id, '169.254.169.254', 80)).toMatch(refused);
    const { body } = await open.as(user, 'POST', '/api/chat', { message: 'Are you there?', agentId: id });
    expect(body.reply).toBe('You said: Are you there?');
    await open.machine(undefined, 'DELETE', `/api/agents/${id}`);
  } finally {
    await open.stop();
  }
});
