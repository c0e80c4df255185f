import { canary } from '@agentbot/test-doubles/canaries';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { makeStandIn } from '@agentbot/test-doubles/stand-in';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { collectGarbage } from '../src/workers/garbage-collector.ts';
import { startBackendWithDocker, type TestBackend } from './backend.ts';
import { startSwarm, type TestSwarm } from './swarm-nodes.ts';

/** Nodes that are drained, lost and back, with stand-ins for OpenClaw. `SWARM_AGENTS=50` drains a node of a swarm with fifty agents. */

const STAND_IN = 'agentbot/openclaw-test:stand-in-swarm';
const SECRET = canary('sk-');
const COUNT = Number(process.env.SWARM_AGENTS ?? 6);
const AGENTS = { AGENT_SUBNET: '10.193.0.0/16', AGENT_PORT_BASE: '19400', MODEL_GATEWAY_PORT: '10120' };
const INSTALLATION = { INSTALLATION: 'test-swarm-loss' };

let swarm: TestSwarm;
let backend: TestBackend;
let model: Awaited<ReturnType<typeof startModelProvider>>;
let removeStandIn: () => Promise<void>;
let admin: string;
let owner: string;
const ids: string[] = [];

beforeAll(async () => {
  model = await startModelProvider({ apiKey: SECRET });
  removeStandIn = await makeStandIn('agentbot/openclaw:2026.3.13', STAND_IN);
  swarm = await startSwarm(2, { ...AGENTS, ...INSTALLATION, SWARM_NODE_PORT: '10200' });
  await Promise.all(swarm.nodes.map((node) => swarm.load(STAND_IN, node)));
  backend = await startBackendWithDocker('swarm-loss', {
    ...AGENTS,
    ...swarm.settings,
    ...INSTALLATION,
    OPENCLAW_IMAGE: STAND_IN,
    SWARM_IMAGE: STAND_IN,
    SWARM_MEMORY_SHARE: '0.05',
    RECONCILE_SECONDS: '5',
  });
  admin = await backend.account();
  owner = await backend.account();
  await backend.machine(undefined, 'PUT', `/api/admin/users/${owner}/plan`, { plan: 'network' });
}, 240_000);
afterAll(async () => {
  await backend?.stop();
  await swarm?.stop();
  await removeStandIn?.();
  await model?.close();
}, 120_000);

interface Node {
  id: string;
  name: string;
  problem: string | null;
  availability: string;
  reservedBytes: number;
  agents: { id: string; status: string }[];
}
const readNodes = async (): Promise<Node[]> => (await backend.as(admin, 'GET', '/api/admin/nodes')).body.nodes;
const readNode = async (id: string) => (await readNodes()).find((node) => node.id === id) as Node;
const agent = async (id: string) => (await backend.as(owner, 'GET', `/api/agents/${id}`)).body.agent;
const move = (id: string, body: object) => backend.as(admin, 'POST', `/api/admin/agents/${id}/move`, body);
const say = async (id: string, message: string) => (await backend.as(owner, 'POST', '/api/chat', { message, agentId: id })).body.reply;
const answers = async (id: string) => (await say(id, 'Are you there?')) === 'You said: Are you there?';
async function settledMove(id: string, body: object) {
  const { status, body: begun } = await move(id, body);
  expect([status, begun.error]).toEqual([201, undefined]);
  await backend.settled(id);
  return (await backend.as(owner, 'GET', `/api/agents/${id}/operations/${begun.operationId}`)).body.operation;
}

test('agents are placed by the memory that nodes have left', async () => {
  const config = { plan: 'network', baseUrl: `http://host.docker.internal:${model.port}/v1`, model: 'echo-1', apiKey: SECRET };
  const made = await Promise.all(
    Array.from({ length: COUNT }, async (_, index) => {
      const { id } = (await backend.machine(owner, 'POST', '/api/agents', { name: `Agent ${index}`, config })).body;
      expect((await backend.machine(owner, 'POST', `/api/agents/${id}/start`)).status).toBe(200);
      return id as string;
    }),
  );
  ids.push(...made);
  const nodes = await readNodes();
  expect(nodes.map(({ agents }) => agents.length).toSorted()).toEqual([Math.floor(COUNT / 2), Math.ceil(COUNT / 2)]);
  // A twentieth of the 16 GiB of the plan network, by agent.
  for (const node of nodes) expect(node.reservedBytes).toBe(Math.round((node.agents.length * 16 * 1024 ** 3) / 20));
  for (const node of nodes) for (const { status } of node.agents) expect(status).toBe('running');
}, 600_000);

test('a drained node gives its agents away, one after the other, and loses none', async () => {
  const [manager] = swarm.nodes as [(typeof swarm.nodes)[number]];
  const drained = (await readNodes()).find(({ id }) => id !== manager.id) as Node;
  const here = drained.agents.map(({ id }) => id);
  const set = (availability: string) => backend.as(admin, 'PUT', `/api/admin/nodes/${drained.id}/availability`, { availability });
  expect(await set('drain')).toMatchObject({ status: 200, body: { id: drained.id, availability: 'drain' } });
  let most = 0;
  const isEmpty = async () => {
    const where = { kind: 'move', finishedAt: null };
    most = Math.max(most, await backend.context.database.as('service', (tx) => tx.operation.count({ where })));
    return (await readNode(drained.id)).agents.length === 0;
  };
  await pollUntil('the node is empty', isEmpty, { seconds: 60 + here.length * 30, everyMs: 100 });
  for (const id of here) await backend.settled(id);
  expect(most).toBe(1);
  const left = (await readNode(manager.id)).agents;
  expect(left.map(({ id, status }) => [id, status])).toEqual(ids.toSorted().map((id) => [id, 'running']));
  for (const id of here) expect(await answers(id)).toBe(true);
  expect(await set('active')).toMatchObject({ status: 200 });
  expect((await readNode(drained.id)).availability).toBe('active');
  expect(await set('gone')).toMatchObject({ status: 400 });
  expect((await backend.as(admin, 'PUT', '/api/admin/nodes/nowhere/availability', { availability: 'drain' })).status).toBe(404);
}, 1_800_000);

test('agents of a lost node say so, continue elsewhere from a backup or are deleted, and leave no second self when it is back', async () => {
  const [manager, worker] = swarm.nodes as [(typeof swarm.nodes)[number], (typeof swarm.nodes)[number]];
  const [first = '', second = '', third = ''] = ids;
  for (const id of [first, second, third]) expect((await settledMove(id, { node: worker.id })).state).toBe('succeeded');
  const before = await agent(first);
  await worker.lose();
  const lostAt = Date.now();
  await pollUntil(
    'both agents are in error',
    async () => (await agent(first)).status === 'error' && (await agent(second)).status === 'error',
    {
      seconds: 30,
      everyMs: 250,
    },
  );
  expect(Date.now() - lostAt).toBeLessThan(30_000);
  const { problem } = await readNode(worker.id);
  expect(problem).toMatch(/^The (service of the )?node .+ (is unreachable|does not answer) since \d{4}-/);
  const overview = (await backend.as(owner, 'GET', '/api/agents')).body.agents.find(({ id }: { id: string }) => id === first);
  expect(overview.status).toBe('error');
  // Nothing is restarted elsewhere by itself: the data is on that node.
  expect((await readNode(worker.id)).agents.map(({ id }) => id)).toEqual([first, second, third].toSorted());
  expect((await move(first, {})).body.error).toMatch(/^The .*node .+\. Move the agent from its newest backup, or wait for the node$/);
  expect((await backend.machine(owner, 'POST', `/api/agents/${second}/start`)).status).toBe(500);

  // The move to the node has left a backup.
  const operation = await settledMove(first, { fromBackup: true });
  expect([operation.state, operation.error]).toEqual(['succeeded', null]);
  expect((await readNode(manager.id)).agents.map(({ id }) => id)).toContain(first);
  expect(await answers(first)).toBe(true);
  expect(before.id).toBe(first);

  expect((await backend.as(owner, 'DELETE', `/api/agents/${third}`)).status).toBe(200);
  expect((await backend.as(owner, 'GET', `/api/agents/${third}`)).status).toBe(404);
  // A lost node's objects are not seen now: that is no sign that they are gone.
  await collectGarbage(backend.context);

  await worker.comeBack();
  const filters = (id: string) => ({ filters: { label: [`agentbot.agent=${id}`] } });
  const containersOf = async (id: string) => worker.docker.listContainers({ all: true, ...filters(id) });
  const volumesOf = async (id: string) => (await worker.docker.listVolumes(filters(id))).Volumes;
  for (const id of [first, third])
    await pollUntil('the old container is gone', async () => (await containersOf(id)).length === 0, { seconds: 60, everyMs: 250 });
  await pollUntil('the other agent runs again', async () => (await agent(second)).status === 'active', { seconds: 120, everyMs: 500 });
  expect(await answers(second)).toBe(true);
  expect(await answers(first)).toBe(true);

  // Data of the agent that continued is kept there, and listed; data of the deleted one is removed.
  expect([await volumesOf(first), await volumesOf(third)].map((volumes) => volumes.length)).toEqual([1, 1]);
  await collectGarbage(backend.context);
  const { orphans } = (await backend.as(admin, 'GET', '/api/admin/health')).body.health;
  const { name } = await readNode(worker.id);
  expect(orphans).toMatchObject([{ kind: 'volume', name: `openclaw-data-${first} on ${name}` }]);
  expect([await volumesOf(first), await volumesOf(third)].map((volumes) => volumes.length)).toEqual([1, 0]);
}, 600_000);
