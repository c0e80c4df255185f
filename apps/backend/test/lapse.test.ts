import { makeStandIn } from '@agentbot/test-doubles/stand-in';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import Docker from 'dockerode';
import { followSubscription, settleSuspensions } from '../src/billing/suspension.ts';
import { startBackendWithDocker, type TestBackend } from './backend.ts';

/** A lapse and a renewal of an account whose agents run in containers; a stand-in takes the gateway's place. */

const IMAGE = 'agentbot/openclaw-test:stand-in-lapse';
let remove: () => Promise<void>;
let backend: TestBackend;
let owner: string;

const state = async (id: string) => (await backend.machine(owner, 'GET', `/api/agents/${id}`)).body.status;
const isUp = async (id: string) => (await new Docker().getContainer(`openclaw-${id}`).inspect()).State.Running;
async function set(status: string) {
  const data = { status, plan: 'network' as const };
  await backend.context.database.as('service', (tx) =>
    tx.subscription.upsert({ where: { id: 'sub_1' }, create: { id: 'sub_1', ownerId: owner, ...data }, update: data }),
  );
  await followSubscription(backend.context, owner);
}

beforeAll(async () => {
  remove = await makeStandIn('agentbot/openclaw:2026.3.13', IMAGE);
  const places = { AGENT_PORT_BASE: '21400', AGENT_SUBNET: '10.245.0.0/16' };
  backend = await startBackendWithDocker('lapse', { ...places, OPENCLAW_IMAGE: IMAGE });
  await backend.account();
  owner = await backend.account();
  await set('active');
}, 120_000);
afterAll(async () => {
  await backend?.stop();
  await remove?.();
});

test('containers stop and start again; what was stopped, or is asked for meanwhile, stays stopped; data stays', async () => {
  const ids = ['runs', 'rests'];
  for (const id of ids) {
    const deployed = await backend.machine(owner, 'POST', '/api/deployments', {
      agentId: id,
      config: { telegramToken: '1:x', plan: 'network' },
    });
    expect(deployed.status).toBe(201);
  }
  await backend.machine(owner, 'POST', '/api/chat', { agentId: 'runs', message: 'Keep this' });
  await backend.machine(owner, 'POST', '/api/agents/rests/stop');

  // In the middle of something else it is stopped as soon as that has ended.
  const restarting = backend.machine(owner, 'POST', '/api/agents/runs/restart');
  const open = () => backend.context.database.as('service', (tx) => tx.operation.count({ where: { agentId: 'runs', finishedAt: null } }));
  while ((await open()) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await set('canceled');
  expect((await restarting).status).toBe(200);
  await settleSuspensions(backend.context);
  await backend.settled('runs');
  expect([await state('runs'), await isUp('runs'), await isUp('rests')]).toEqual(['stopped', false, false]);

  for (const action of ['start', 'restart', 'repair', 'update']) {
    expect(await backend.machine(owner, 'POST', `/api/agents/runs/${action}`, {})).toMatchObject({
      status: 402,
      body: { code: 'PAYMENT_REQUIRED' },
    });
  }
  await settleSuspensions(backend.context);
  expect(await isUp('runs')).toBe(false);

  await set('active');
  await backend.settled('runs');
  expect([await state('runs'), await isUp('runs'), await state('rests'), await isUp('rests')]).toEqual(['active', true, 'stopped', false]);
  const { body } = await backend.machine(owner, 'POST', '/api/chat', { agentId: 'runs', message: 'Again' });
  expect(body.reply).toBe('You said: Again');
});
