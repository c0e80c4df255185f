import { takeAgentSlots } from '@agentbot/test-doubles/agent-slots';
import { canary } from '@agentbot/test-doubles/canaries';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { makeStandIn } from '@agentbot/test-doubles/stand-in';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import Docker from 'dockerode';
import { applySubscription, reconcileSuspensions } from '../src/workers/suspensions.ts';
import { startBackendWithDocker, type TestBackend } from './backend.ts';

/** The subscription of an account with running containers lapses and is renewed; the gateway is a stand-in. */

const IMAGE = 'agentbot/openclaw-test:stand-in-lapse';
let remove: () => Promise<void>;
let backend: TestBackend;
let owner: string;

const state = async (id: string) => (await backend.machine(owner, 'GET', `/api/agents/${id}`)).body.status;
const isUp = async (id: string) => (await new Docker().getContainer(`openclaw-${id}`).inspect()).State.Running;
async function setSubscription(status: string) {
  const data = { status, plan: 'network' as const };
  await backend.context.database.as('service', (tx) =>
    tx.subscription.upsert({ where: { id: 'sub_1' }, create: { id: 'sub_1', ownerId: owner, ...data }, update: data }),
  );
  await applySubscription(backend.context, owner);
}

beforeAll(async () => {
  remove = await makeStandIn('agentbot/openclaw:2026.3.13', IMAGE);
  const places = (await takeAgentSlots()).settings;
  backend = await startBackendWithDocker('lapse', { ...places, OPENCLAW_IMAGE: IMAGE });
  await backend.account();
  owner = await backend.account();
  await setSubscription('active');
});
afterAll(async () => {
  await backend?.stop();
  await remove?.();
});

test('a lapse stops the running container and refuses to start it with 402; a renewal starts only that container, on its data', async () => {
  const ids = ['runs', 'rests'];
  for (const id of ids) {
    const deployed = await backend.machine(owner, 'POST', '/api/deployments', {
      agentId: id,
      config: { telegramToken: canary('1:'), plan: 'network' },
    });
    expect(deployed.status).toBe(201);
  }
  await backend.machine(owner, 'POST', '/api/chat', { agentId: 'runs', message: 'Keep this' });
  await backend.machine(owner, 'POST', '/api/agents/rests/stop');

  // An operation is in-flight: the agent stops when that operation has ended.
  const restarting = backend.machine(owner, 'POST', '/api/agents/runs/restart');
  const open = () => backend.context.database.as('service', (tx) => tx.operation.count({ where: { agentId: 'runs', finishedAt: null } }));
  await pollUntil('an operation has begun', async () => (await open()) > 0, { everyMs: 5 });
  await setSubscription('canceled');
  expect((await restarting).status).toBe(200);
  await reconcileSuspensions(backend.context);
  await backend.settled('runs');
  expect([await state('runs'), await isUp('runs'), await isUp('rests')]).toEqual(['stopped', false, false]);

  for (const action of ['start', 'restart', 'repair', 'update']) {
    expect(await backend.machine(owner, 'POST', `/api/agents/runs/${action}`, {})).toMatchObject({
      status: 402,
      body: { code: 'PAYMENT_REQUIRED' },
    });
  }
  await reconcileSuspensions(backend.context);
  expect(await isUp('runs')).toBe(false);

  await setSubscription('active');
  await backend.settled('runs');
  expect([await state('runs'), await isUp('runs'), await state('rests'), await isUp('rests')]).toEqual(['active', true, 'stopped', false]);
  const { body } = await backend.machine(owner, 'POST', '/api/chat', { agentId: 'runs', message: 'Again' });
  expect(body.reply).toBe('You said: Again');
});

test('a block stops the running container, and its end starts it again', async () => {
  const block = (blocked: boolean) => backend.machine(undefined, 'PUT', `/api/admin/users/${owner}/blocked`, { blocked });
  expect((await block(true)).status).toBe(200);
  await pollUntil('the container is stopped', async () => !(await isUp('runs')), { everyMs: 100 });
  await backend.settled('runs');
  expect((await block(false)).status).toBe(200);
  await pollUntil('the agent runs', async () => (await state('runs')) === 'active', { everyMs: 100 });
  expect([await isUp('runs'), await state('rests')]).toEqual([true, 'stopped']);
});

test('a paid clone keeps running through a lapse, and starts again if a lapse had stopped it', async () => {
  const { database } = backend.context;
  const config = { telegramToken: canary('1:'), plan: 'network' };
  expect((await backend.machine(owner, 'POST', '/api/deployments', { agentId: 'paid', config })).status).toBe(201);
  await database.as('service', (tx) => tx.agent.update({ where: { id: 'paid' }, data: { parentId: 'runs', plan: 'solo' } }));
  await setSubscription('canceled');
  await reconcileSuspensions(backend.context);
  for (const id of ['runs', 'paid']) await backend.settled(id);
  expect([await isUp('runs'), await isUp('paid')]).toEqual([false, true]);

  await backend.machine(owner, 'POST', '/api/agents/paid/stop');
  expect((await backend.machine(owner, 'POST', '/api/agents/paid/start')).status).toBe(200);
  await backend.machine(owner, 'POST', '/api/agents/paid/stop');
  await database.as('service', (tx) => tx.agent.update({ where: { id: 'paid' }, data: { suspendedAt: new Date() } }));
  await reconcileSuspensions(backend.context);
  await backend.settled('paid');
  expect([await state('paid'), await isUp('paid')]).toEqual(['active', true]);
});

test('an agent with a larger plan that is not paid for keeps its old limits, also when its container is recreated', async () => {
  const { database } = backend.context;
  const user = await backend.account();
  const grant = (plan: 'solo' | null) => database.as('service', (tx) => tx.user.update({ where: { id: user }, data: { plan } }));
  await grant('solo');
  const { key } = (await backend.as(user, 'POST', '/api/keys', { name: 'k' })).body;
  const call = (method: string, path: string, body: object = {}) => backend.call(method, path, { token: key, body });
  const deployed = await call('POST', '/api/deployments', { agentId: 'grows', config: { telegramToken: canary('1:'), plan: 'solo' } });
  expect(deployed.status).toBe(201);
  await grant(null);
  await call('PUT', '/api/agents/grows', { plan: 'network' });
  const container = new Docker().getContainer('openclaw-grows');
  expect((await call('POST', '/api/agents/grows/stop')).status).toBe(200);
  await container.remove({ force: true });
  expect((await call('POST', '/api/agents/grows/start')).status).toBe(200);
  expect((await container.inspect()).HostConfig.NanoCpus).toBe(1e9);
  expect((await call('POST', '/api/agents/grows/update')).status).toBe(402);
});
