import { startChain, type TestChain } from '@agentbot/test-doubles/chain';
import { makeStandIn } from '@agentbot/test-doubles/stand-in';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ChildBackend, startChildBackend } from './child-backend.ts';
import { containersOn, NONE, ONE_OF_EACH } from './containers.ts';
import { chainSettings, linkPayer, paidRequest } from './paid-clone.ts';

/** `kill -9` of the backend during a clone: after the restart the clone exists once, runs, and is paid for once. */

const IMAGE = 'agentbot/openclaw-test:stand-in-clone';
/** Backends that run in parallel, each on its own chain. */
const LANES = 3;
const { container, countResources, shell } = containersOn();
let remove: () => Promise<void>;
let lanes: Lane[];

interface Lane {
  chain: TestChain;
  backend: ChildBackend;
  /** The id of the agent to clone. */
  parent: string;
}

async function startLane(): Promise<Lane> {
  const chain = await startChain();
  const backend = await startChildBackend({
    OPENCLAW_IMAGE: IMAGE,
    ...chainSettings(chain),
  });
  await linkPayer(backend);
  const parent = (await backend.call('POST', '/api/agents', { name: 'Parent', config: { plan: 'network' } })).body.id;
  return { chain, backend, parent };
}

beforeAll(async () => {
  remove = await makeStandIn('agentbot/openclaw:2026.3.13', IMAGE);
  lanes = await Promise.all(Array.from({ length: LANES }, () => startLane()));
});
afterAll(async () => {
  await Promise.all(lanes.map(({ backend }) => backend.stop()));
  await Promise.all(lanes.map(({ chain }) => chain.stop()));
  await remove();
});

test('concurrent clones all run once each after the backend is killed and started again', async () => {
  const [{ backend, chain, parent }] = lanes as [Lane];
  const bodies = [
    await paidRequest(chain, parent, 'booking'),
    await paidRequest(chain, parent, 'support'),
    await paidRequest(chain, parent),
  ];
  const ask = () => Promise.all(bodies.map((body) => backend.call('POST', '/api/agents/clone', body)));
  const first = await ask();
  expect(first.map(({ status }) => status)).toEqual([200, 200, 200]);
  const [booking, support, general] = first.map(({ body }) => body.agentId);
  await backend.untilStep(booking, 'clone', { step: 'create', at: 'running' });
  await backend.kill();
  await backend.start();
  await backend.settled();
  expect(await ask()).toEqual(first);
  const { rows } = await backend.database.query('SELECT id FROM agents WHERE parent_id = $1 ORDER BY id', [parent]);
  expect(rows.map(({ id }) => id)).toEqual([booking, support, general].sort());
  for (const [id, words] of [
    [booking, 'You are a booking agent'],
    [support, 'You are a support agent'],
    [general, 'No such file'],
  ]) {
    expect((await backend.call('GET', `/api/agents/${id}`)).body).toMatchObject({ status: 'active', plan: 'solo' });
    expect(await shell(id, 'cat /home/node/.openclaw/workspace/SOUL.md')).toContain(words);
    expect(JSON.stringify(await container(id).inspect())).not.toMatch(/wallet/i);
  }
});

test('a clone is complete after the backend is killed after any of its steps', async () => {
  const steps = ['wallet', 'image', 'validate', 'create', 'start', 'ready'];
  const problems: string[] = [];

  async function killedAfter(step: string, { backend, chain, parent }: Lane): Promise<void> {
    const body = await paidRequest(chain, parent);
    const { agentId } = (await backend.call('POST', '/api/agents/clone', body)).body;
    await backend.untilStep(agentId, 'clone', { step, at: 'done' });
    await backend.kill();
    await backend.expireHeartbeats();
    await backend.start();
    await backend.settled();
    expect((await backend.call('POST', '/api/agents/clone', body)).body.agentId).toBe(agentId);
    expect((await backend.call('GET', `/api/agents/${agentId}`)).body.status).toBe('active');
    expect(await countResources(agentId)).toEqual(ONE_OF_EACH);
    const claimed = 'SELECT FROM payment_claims WHERE transaction_hash = $1';
    expect((await backend.database.query(claimed, [body.paymentProof.transactionHash])).rowCount).toBe(1);
    await backend.call('DELETE', `/api/agents/${agentId}`);
    expect(await countResources(agentId)).toEqual(NONE);
  }
  await Promise.all(
    lanes.map(async (lane) => {
      for (let step = steps.shift(); step; step = steps.shift()) {
        await killedAfter(step, lane).catch((error) => problems.push(`${step}: ${error.message}`));
      }
    }),
  );
  expect(problems).toEqual([]);
});
