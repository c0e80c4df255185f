import { canary } from '@agentbot/test-doubles/canaries';
import { startChain, type TestChain } from '@agentbot/test-doubles/chain';
import { startEngineProxy } from '@agentbot/test-doubles/engine-faults';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { makeStandIn } from '@agentbot/test-doubles/stand-in';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import Docker from 'dockerode';
import pg from 'pg';
import { applySubscription } from '../src/workers/suspensions.ts';
import { startBackendWithDocker, type TestBackend } from './backend.ts';
import { chainSettings, linkPayer, paidRequest } from './paid-clone.ts';

/**
 * An agent created while the engine is unavailable gets its container when the engine is back. The container never exceeds
 * the paid plan, also when the plan is raised between the checks of a request and its job. A stand-in replaces the gateway.
 */

const IMAGE = 'agentbot/openclaw-test:stand-in-adoption';
let removeImage: () => Promise<void>;
let engine: Awaited<ReturnType<typeof startEngineProxy>>;
let chain: TestChain;
let backend: TestBackend;
let owner: pg.Client;
let user: string;
let parent: string;

beforeAll(async () => {
  removeImage = await makeStandIn('agentbot/openclaw:2026.3.13', IMAGE);
  // Like a current engine, it refuses the older API version.
  engine = await startEngineProxy(null, undefined, '1.44');
  chain = await startChain();
  backend = await startBackendWithDocker('adoption', {
    DOCKER_HOST: engine.dockerHost,
    OPENCLAW_IMAGE: IMAGE,
    RECONCILE_SECONDS: '1',
    ...chainSettings(chain),
  });
  owner = new pg.Client({ connectionString: backend.config.DATABASE_URL });
  await owner.connect();
  await backend.account();
  user = await backend.account();
  await linkPayer(asUser());
  parent = (await backend.machine(user, 'POST', '/api/agents', { name: 'Parent' })).body.id;
});
afterAll(async () => {
  await owner?.end();
  await backend?.stop();
  await chain?.stop();
  await engine?.close();
  await removeImage?.();
});

/** Calls as the account's own session, without the internal key. */
const asUser = () => ({ call: (method: string, path: string, body?: unknown) => backend.as(user, method, path, body) });
const cloneParent = async (): Promise<string> =>
  (await backend.as(user, 'POST', '/api/agents/clone', await paidRequest(chain, parent))).body.agentId;
const row = (id: string) => backend.context.database.as('service', (tx) => tx.agent.findUniqueOrThrow({ where: { id } }));
const setPlan = (id: string, plan: 'solo' | 'network') =>
  backend.context.database.as('service', (tx) => tx.agent.update({ where: { id }, data: { plan } }));
const grantPlan = (plan: 'solo' | 'network' | null) =>
  backend.context.database.as('service', (tx) => tx.user.update({ where: { id: user }, data: { plan } }));
/** CPUs and GiB of an agent's container. The machine may have only two CPUs. */
async function containerSize(id: string): Promise<[number, number]> {
  const { HostConfig } = await new Docker().getContainer(`openclaw-${id}`).inspect();
  return [(HostConfig.NanoCpus ?? 0) / 1e9, (HostConfig.Memory ?? 0) / 1024 ** 3];
}
const SOLO_SIZE = [1, 2];

async function whileEngineAway(work: () => Promise<void>): Promise<void> {
  engine.setAway(true);
  await pollUntil('the engine is away', async () => (await backend.call('GET', '/health')).body.docker === 'unavailable');
  try {
    await work();
  } finally {
    engine.setAway(false);
  }
}
async function untilContainer(id: string): Promise<void> {
  await pollUntil('the agent has its container', async () => (await row(id)).runtime === 'container');
}
/** Raises an agent's plan in the transaction that begins an operation: after all checks, before its job. */
async function withPlanRaisedAtBegin(kind: string, work: () => Promise<void>): Promise<void> {
  await owner.query(`
    CREATE FUNCTION raise_plan() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      UPDATE agents SET plan = 'network' WHERE id = NEW.agent_id; RETURN NULL; END $$;
    CREATE TRIGGER raise_plan AFTER INSERT ON operations FOR EACH ROW WHEN (NEW.kind = '${kind}') EXECUTE FUNCTION raise_plan()`);
  try {
    await work();
  } finally {
    await owner.query('DROP TRIGGER raise_plan ON operations; DROP FUNCTION raise_plan()');
  }
}

describe('an agent created while the engine is unavailable', () => {
  test('gets the smallest container when its clone payment alone covers it, also with a larger plan in its row', async () => {
    let id = '';
    await whileEngineAway(async () => {
      id = await cloneParent();
      await backend.settled(id);
      expect(await row(id)).toMatchObject({ runtime: 'api', state: 'running', plan: 'solo' });
      expect(await backend.as(user, 'PUT', `/api/agents/${id}/config`, { plan: 'network' })).toMatchObject({
        status: 402,
        body: { code: 'PAYMENT_REQUIRED' },
      });
      await setPlan(id, 'network');
    });
    await untilContainer(id);
    expect([await containerSize(id), (await row(id)).plan]).toEqual([SOLO_SIZE, 'network']);
    expect((await backend.as(user, 'POST', `/api/agents/${id}/repair`)).status).toBe(402);
  });

  test('gets its provisioned size when the internal key created it', async () => {
    let id = '';
    await whileEngineAway(async () => {
      const body = { telegramToken: canary('1:'), plan: 'collective', stripeSubscriptionId: 'sub_1' };
      id = (await backend.machine(user, 'POST', '/api/provision', body)).body.id;
      await setPlan(id, 'network');
    });
    await untilContainer(id);
    expect((await containerSize(id))[1]).toBe(4);
  });

  test('gets a larger container when the plan of the account covers it', async () => {
    let id = '';
    await whileEngineAway(async () => {
      id = await cloneParent();
      await backend.settled(id);
      await grantPlan('network');
      expect((await backend.as(user, 'PUT', `/api/agents/${id}/config`, { plan: 'network' })).status).toBe(200);
    });
    await untilContainer(id);
    expect(await containerSize(id)).not.toEqual(SOLO_SIZE);
    await grantPlan(null);
  });
});

describe('a plan raised after the checks of the request', () => {
  test('does not change the container size of a clone', async () => {
    await withPlanRaisedAtBegin('clone', async () => {
      const id = await cloneParent();
      await backend.settled(id);
      expect([(await row(id)).plan, await containerSize(id)]).toEqual(['network', SOLO_SIZE]);
    });
  });

  test('does not change the container size of a repair', async () => {
    const id = await cloneParent();
    await backend.settled(id);
    await withPlanRaisedAtBegin('repair', async () => {
      expect((await backend.as(user, 'POST', `/api/agents/${id}/repair`)).status).toBe(200);
      expect([(await row(id)).plan, await containerSize(id)]).toEqual(['network', SOLO_SIZE]);
    });
  });

  test('does not change the container size of the start after a renewal', async () => {
    const { database } = backend.context;
    const { key } = (await backend.as(user, 'POST', '/api/keys', { name: 'k' })).body;
    // An account without a plan may name any plan: this request creates no container.
    const body = { name: 'Never had one', config: { plan: 'network' } };
    const { id } = (await backend.call('POST', '/api/agents', { token: key, body })).body;
    await database.as('service', (tx) => tx.agent.update({ where: { id }, data: { state: 'stopped', suspendedAt: new Date() } }));
    await grantPlan('solo');
    await applySubscription(backend.context, user);
    await backend.settled(id);
    expect(await containerSize(id)).toEqual(SOLO_SIZE);
    await grantPlan(null);
  });
});
