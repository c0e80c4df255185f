import { mkdtemp } from 'node:fs/promises';
import { get } from 'node:https';
import os from 'node:os';
import path from 'node:path';
import { canary } from '@agentbot/test-doubles/canaries';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import Docker from 'dockerode';
import WebSocket from 'ws';
import { openAuthority } from '../src/infra/swarm/authority.ts';
import { BACKEND_NAME, nodeName } from '../src/infra/swarm/credentials.ts';
import { openTunnel } from '../src/infra/swarm/node-connection.ts';
import { startBackendWithDocker, type TestBackend } from './backend.ts';
import { makeNodeImage } from './node-image.ts';
import { registryHost } from './registry-host.ts';
import { startSwarm, type TestSwarm } from './swarm-nodes.ts';

/** Agents with real OpenClaw on a real swarm of two engines, each in a network namespace of its own. */

const IMAGE = 'agentbot/openclaw:2026.3.13';
const NODE_IMAGE = 'agentbot/backend-test:swarm-node';
const SECRET = canary('sk-');
const AGENTS = { AGENT_SUBNET: '10.192.0.0/16', AGENT_PORT_BASE: '19000', MODEL_GATEWAY_PORT: '10100', EGRESS_PORT: '10110' };
const INSTALLATION = { INSTALLATION: 'test-swarm' };

let swarm: TestSwarm;
let backend: TestBackend;
let model: Awaited<ReturnType<typeof startModelProvider>>;
let removeNodeImage: () => Promise<void>;
let admin: string;
let owner: string;
let id: string;

beforeAll(async () => {
  model = await startModelProvider({ apiKey: SECRET });
  removeNodeImage = await makeNodeImage(IMAGE, NODE_IMAGE);
  swarm = await startSwarm(2, { ...AGENTS, ...INSTALLATION, SWARM_NODE_PORT: '10200' }, NODE_IMAGE);
  // The other node gets it when it takes an agent.
  await swarm.load(IMAGE);
  backend = await startBackendWithDocker('swarm', {
    ...AGENTS,
    ...swarm.settings,
    ...INSTALLATION,
    OPENCLAW_IMAGE: IMAGE,
    SWARM_IMAGE: NODE_IMAGE,
    SWARM_MEMORY_SHARE: '0.25',
    RECONCILE_SECONDS: '5',
  });
  admin = await backend.account();
  owner = await backend.account();
  await backend.machine(undefined, 'PUT', `/api/admin/users/${owner}/plan`, { plan: 'network' });
  const areUsable = async () => (await nodes()).every(({ problem }: { problem: string | null }) => problem === null);
  await pollUntil('the services of all nodes answer', areUsable, { seconds: 120, everyMs: 500 });
}, 300_000);
afterAll(async () => {
  await backend?.stop();
  await swarm?.stop();
  await removeNodeImage?.();
  await model?.close();
}, 120_000);

const say = (message: string) => backend.as(owner, 'POST', '/api/chat', { message, agentId: id });
const agent = async () => (await backend.as(owner, 'GET', `/api/agents/${id}`)).body.agent;
const nodes = async () => (await backend.as(admin, 'GET', '/api/admin/nodes')).body.nodes;
const nodeIdOf = async (agentId: string) =>
  (await nodes()).find(({ agents }: { agents: { id: string }[] }) => agents.some((each) => each.id === agentId))?.id as string;
const machineOf = async (agentId: string) => {
  const nodeId = await nodeIdOf(agentId);
  return swarm.nodes.find((node) => node.id === nodeId) as (typeof swarm.nodes)[number];
};
const otherThan = (machine: { id: string }) => swarm.nodes.find((node) => node.id !== machine.id) as (typeof swarm.nodes)[number];
const move = (body: object) => backend.as(admin, 'POST', `/api/admin/agents/${id}/move`, body);
async function outcomeOf(operationId: string) {
  const read = async () => (await backend.as(owner, 'GET', `/api/agents/${id}/operations/${operationId}`)).body.operation;
  await pollUntil('the operation has ended', async () => (await read()).finishedAt !== null, { seconds: 240, everyMs: 200 });
  return read();
}
const objectsOn = async ({ docker }: (typeof swarm.nodes)[number], agentId: string) => {
  const filters = { label: [`agentbot.agent=${agentId}`] };
  const [containers, networks, volumes] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    docker.listNetworks({ filters }),
    docker.listVolumes({ filters }),
  ]);
  return [containers.length, networks.filter(({ Scope }) => Scope === 'local').length, volumes.Volumes?.length ?? 0];
};

test('an agent gets a place, runs on its node, and answers', async () => {
  id = await backend.provisionEcho(owner, { name: 'Traveller', modelPort: model.port, apiKey: SECRET });
  const [made] = (await backend.as(owner, 'GET', `/api/agents/${id}/operations`)).body.operations;
  expect([made.state, made.error]).toEqual(['succeeded', null]);
  expect(await agent()).toMatchObject({ status: 'active' });
  expect(await objectsOn(await machineOf(id), id)).toEqual([1, 1, 1]);
  expect(await objectsOn(otherThan(await machineOf(id)), id)).toEqual([0, 0, 0]);
  expect((await say('Hello there')).body.reply).toBe('You said: Hello there');
}, 240_000);

test('the gateway port leads to the agent, by HTTP and WebSocket', async () => {
  const page = await fetch(`http://127.0.0.1:${backend.gatewayPort}/agent/${id}/healthz`);
  expect(page.status).toBe(200);
  const socket = new WebSocket(`ws://127.0.0.1:${backend.gatewayPort}/agent/${id}`);
  const first = await new Promise((resolve, reject) => socket.once('message', (data) => resolve(String(data))).once('error', reject));
  socket.close();
  expect(JSON.parse(first as string)).toMatchObject({ type: 'event', event: 'connect.challenge' });
});

test('stops, starts, and recovers from a killed gateway', async () => {
  const machine = await machineOf(id);
  expect((await backend.as(owner, 'POST', `/api/agents/${id}/stop`)).status).toBe(200);
  expect((await agent()).status).toBe('stopped');
  expect((await backend.as(owner, 'POST', `/api/agents/${id}/start`)).status).toBe(200);
  const { State } = await machine.docker.getContainer(`openclaw-${id}`).inspect();
  process.kill(State.Pid, 'SIGKILL');
  const isBack = async () => {
    const { State: now } = await machine.docker.getContainer(`openclaw-${id}`).inspect();
    return (
      now.Running && now.Pid !== State.Pid && (await agent()).status === 'active' && (await say('Back?')).body.reply === 'You said: Back?'
    );
  };
  await pollUntil('the agent answers again', isBack, { seconds: 120, everyMs: 500 });
}, 240_000);

test('moves to the other node with its history, and leaves nothing behind', async () => {
  const [from, to] = [await machineOf(id), otherThan(await machineOf(id))];
  const { status, body } = await move({ node: to.id });
  expect(status).toBe(201);
  const operation = await outcomeOf(body.operationId);
  expect([operation.state, operation.error]).toEqual(['succeeded', null]);
  expect(await nodeIdOf(id)).toBe(to.id);
  expect(await objectsOn(to, id)).toEqual([1, 1, 1]);
  expect(await objectsOn(from, id)).toEqual([0, 0, 0]);
  expect((await say('And now?')).body.reply).toBe('You said: And now?');
  expect(JSON.stringify(model.requests.at(-1)?.body)).toContain('Hello there');
}, 240_000);

test('a move that cannot succeed ends with the agent on its node, with its history', async () => {
  const [from, to] = [await machineOf(id), otherThan(await machineOf(id))];
  // Something else has the name of the agent's volume there.
  const volume = `openclaw-data-${id}`;
  await to.docker.createVolume({ Name: volume });
  const operation = await outcomeOf((await move({ node: to.id })).body.operationId);
  await to.docker.getVolume(volume).remove();
  expect(operation.state).toBe('failed');
  const reason = `The name ${volume} is taken by a volume that is not this installation's`;
  expect(operation.error).toBe(`Move failed, the agent is back on ${IMAGE}: ${reason}`);
  expect(await nodeIdOf(id)).toBe(from.id);
  expect(await objectsOn(from, id)).toEqual([1, 1, 1]);
  expect(await objectsOn(to, id)).toEqual([0, 0, 0]);
  expect((await say('Still you?')).body.reply).toBe('You said: Still you?');
  expect(JSON.stringify(model.requests.at(-1)?.body)).toContain('Hello there');
}, 300_000);

test('refuses moves that make no sense, and tells why', async () => {
  const here = await machineOf(id);
  expect(await move({ node: 'nowhere' })).toMatchObject({ status: 404, body: { error: 'Node not found' } });
  expect(await move({ node: here.id })).toMatchObject({
    status: 500,
    body: { error: expect.stringMatching(/^The agent is on the node .+ already$/) },
  });
  expect((await move({ fromBackup: true })).body.error).toMatch(/^The node .+ can be used: move the agent with its present data$/);
  expect((await move({ node: 7 })).status).toBe(400);
  expect((await backend.as(owner, 'POST', `/api/admin/agents/${id}/move`, {})).status).toBe(403);
  expect((await backend.as(owner, 'GET', '/api/admin/nodes')).status).toBe(403);
  expect((await backend.as(admin, 'POST', '/api/admin/agents/agent_unknown12/move', {})).status).toBe(404);
});

test('logs, figures, backups and restores work through the node', async () => {
  const { body: history } = await backend.as(owner, 'GET', `/api/agents/${id}/logs?limit=50`);
  expect(history.logs.length).toBeGreaterThan(0);
  const figures = async () => (await backend.as(owner, 'GET', `/api/agents/${id}/stats`)).body;
  await pollUntil(
    'the figures are real',
    async () => JSON.stringify(await figures()).includes('memory') && (await figures()).status !== 'mock',
    { seconds: 30 },
  );
  const { body: made } = await backend.as(owner, 'POST', `/api/agents/${id}/backups`);
  await say('After the backup');
  expect((await backend.as(owner, 'POST', `/api/agents/${id}/backups/${made.backup.id}/restore`)).status).toBe(200);
  await say('Which do you know?');
  const asked = JSON.stringify(model.requests.at(-1)?.body);
  expect([asked.includes('Still you?'), asked.includes('After the backup')]).toEqual([true, false]);
}, 240_000);

/** Tries connections from inside the agent's container. @returns `connected` or an error's code for each */
async function attempts(agentId: string, targets: [string, number][]): Promise<string[]> {
  const program = `
    const attempt = ([host, port]) => new Promise((resolve) => {
      const socket = require('net').connect({ host, port, timeout: 3000 });
      socket.on('connect', () => resolve('connected')).on('timeout', () => resolve('timeout')).on('error', (error) => resolve(error.code));
    });
    Promise.all(${JSON.stringify(targets)}.map(attempt)).then((all) => { console.log(JSON.stringify(all)); process.exit(); });`;
  return JSON.parse(await runIn(agentId, program));
}
async function runIn(agentId: string, program: string): Promise<string> {
  const { docker } = await machineOf(agentId);
  const exec = await docker.getContainer(`openclaw-${agentId}`).exec({ Cmd: ['node', '-e', program], AttachStdout: true, Tty: true });
  return (await (await exec.start({ Tty: true })).toArray()).join('').trim();
}

test('an agent reaches no node, no service of a node, no engine and no other agent; its models alone', async () => {
  const other = await backend.provisionEcho(owner, { name: 'Neighbour', modelPort: model.port, apiKey: SECRET });
  const machine = await machineOf(id);
  const { NetworkSettings } = await (await machineOf(other)).docker.getContainer(`openclaw-${other}`).inspect();
  const [network] = Object.values(NetworkSettings.Networks) as { IPAddress: string; Gateway: string }[];
  const own = await machine.docker.getContainer(`openclaw-${id}`).inspect();
  const [{ Gateway = '' } = {}] = Object.values(own.NetworkSettings.Networks) as { Gateway: string }[];
  const closed: [string, number][] = swarm.nodes.flatMap(({ address }) =>
    [10_200, 2377, 7946, 10_101, 19_000].map((port): [string, number] => [address, port]),
  );
  closed.push([Gateway, 10_200], [Gateway, 19_000], [Gateway, 2377], [network?.IPAddress ?? '', 18_789]);
  closed.push(
    [swarm.bridgeAddress, backend.port],
    [swarm.bridgeAddress, Number(swarm.settings.SWARM_TRAFFIC_PORT)],
    ['169.254.169.254', 80],
  );
  expect(await attempts(id, [[Gateway, 10_100]])).toEqual(['connected']);
  expect((await attempts(id, closed)).filter((outcome) => outcome === 'connected')).toEqual([]);
  expect((await backend.machine(undefined, 'DELETE', `/api/agents/${other}`)).status).toBe(200);
  expect(await swarm.nodes[0]?.docker.listServices({ filters: { name: [`openclaw-${other}`] } })).toEqual([]);
}, 240_000);

test('an agent with a list of domains reaches these alone, through the backend', async () => {
  const internet = registryHost();
  const config = { baseUrl: `http://host.docker.internal:${model.port}/v1`, model: 'echo-1', apiKey: SECRET, allowedDomains: [internet] };
  const { body } = await backend.as(owner, 'POST', '/api/agents/provision', { name: 'Limited', model: 'custom', config });
  await backend.settled(body.agent.id);
  const shake = (servername: string) => `
    const socket = require('tls').connect({ host: '192.0.2.1', port: 443, servername: '${servername}', rejectUnauthorized: false, timeout: 8000 });
    const end = (word) => { console.log(word); process.exit(); };
    socket.on('secureConnect', () => end('secure')).on('error', () => end('refused')).on('close', () => end('refused')).on('timeout', () => end('timeout'));`;
  expect(await runIn(body.agent.id, shake(internet))).toBe('secure');
  expect(await runIn(body.agent.id, shake('example.org'))).toBe('refused');
  expect((await backend.machine(undefined, 'DELETE', `/api/agents/${body.agent.id}`)).status).toBe(200);
}, 240_000);

test('the services of nodes answer only to certificates of the swarm, each with its rights', async () => {
  const [manager, worker] = swarm.nodes as [(typeof swarm.nodes)[number], (typeof swarm.nodes)[number]];
  const stranger = await openAuthority(await mkdtemp(path.join(os.tmpdir(), 'agentbot-stranger-')), new Date());
  const [backendsOwn, nodesOwn, foreign] = await Promise.all([
    swarm.issue(BACKEND_NAME),
    swarm.issue(nodeName(manager.id)),
    stranger.issue(BACKEND_NAME),
  ]);
  const ask = (credentials: object, url: string) =>
    new Promise((resolve) => {
      const options = {
        host: worker.address,
        port: 10_200,
        path: url,
        servername: nodeName(worker.id),
        ca: backendsOwn.ca,
        agent: false as const,
      };
      const { ca: _, ...own } = credentials as { ca?: string };
      get({ ...options, ...own }, (answer) => answer.resume().once('end', () => resolve(answer.statusCode))).once('error', () =>
        resolve('refused'),
      );
    });
  expect(await ask(backendsOwn, '/v1.41/info')).toBe(200);
  expect(await ask(backendsOwn, '/v1.41/secrets')).toBe(403);
  expect(await ask(backendsOwn, `/v1.41/images/${encodeURIComponent(IMAGE)}/get`)).toBe(403);
  expect(await ask(nodesOwn, '/v1.41/info')).toBe(403);
  expect(await ask(nodesOwn, '/v1.41/images/agentbot%2Fbackend:local/get')).toBe(403);
  expect(await ask({}, '/v1.41/info')).toBe('refused');
  expect(await ask(foreign, '/v1.41/info')).toBe('refused');
  // A node with the certificate of another one is not believed.
  const wrong = await openTunnel(
    { host: worker.address, port: 10_200, name: nodeName(manager.id) },
    () => backendsOwn,
    '127.0.0.1:19000',
  ).catch(String);
  expect(wrong).toMatch(/altnames|does not match/i);
  const tunnel = (target: string) =>
    openTunnel({ host: worker.address, port: 10_200, name: nodeName(worker.id) }, () => backendsOwn, target).catch(String);
  expect(await tunnel('127.0.0.1:10200')).toMatch(/refuses with 403/);
  expect(await tunnel(`${manager.address}:19000`)).toMatch(/refuses with 403/);
});

test('a certificate is renewed ten days before its end, without a gap, and the old one is removed', async () => {
  const { docker } = swarm.nodes[0] as (typeof swarm.nodes)[number];
  const secrets = async () => (await docker.listSecrets()).map(({ ID }) => ID).toSorted();
  const before = await secrets();
  expect(before).toHaveLength(2);
  const days = (count: number) => new Date(Date.now() + count * 24 * 3_600_000);
  expect(await swarm.ensureServices(days(19))).toEqual([]);
  expect(await swarm.ensureServices(days(21))).toHaveLength(3);
  const areRenewed = async () => {
    await swarm.ensureServices(days(21));
    const now = await secrets();
    return now.length === 2 && now.every((secret) => !before.includes(secret));
  };
  await pollUntil('only the new certificates are left', areRenewed, { seconds: 60, everyMs: 500 });
  await pollUntil('the agent answers', async () => (await say('Renewed?')).body.reply === 'You said: Renewed?', {
    seconds: 60,
    everyMs: 500,
  });
}, 180_000);

test('the backend’s way to the manager allows what it needs, and nothing that would give it a machine', async () => {
  expect(swarm.refused).toEqual([]);
  const filtered = new Docker({ socketPath: swarm.proxySocket, version: 'v1.41' });
  const [, worker] = swarm.nodes as [(typeof swarm.nodes)[number], (typeof swarm.nodes)[number]];
  const node = filtered.getNode(worker.id);
  const { Version, Spec } = (await node.inspect()) as { Version: { Index: number }; Spec: object };
  const change = (changes: object) => node.update({ _query: { version: Version.Index }, _body: { ...Spec, ...changes } });
  await expect(change({ Role: 'manager' })).rejects.toThrow('the description of the node is not an allowed value');
  await expect(change({ Labels: { 'a.b': 'c' } })).rejects.toThrow('the description of the node is not an allowed value');
  await expect(filtered.listSecrets()).rejects.toThrow('GET /v1.41/secrets is not an allowed call');
  await expect(filtered.swarmInspect()).rejects.toThrow('GET /v1.41/swarm is not an allowed call');
  await expect(filtered.getService(`agentbot-node-${worker.id}`).remove()).rejects.toThrow('is not an allowed call');
});
