import { canary } from '@agentbot/test-doubles/canaries';
import { startChain, type TestChain } from '@agentbot/test-doubles/chain';
import { startEngineProxy } from '@agentbot/test-doubles/engine-faults';
import { makeStandIn } from '@agentbot/test-doubles/stand-in';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import Docker from 'dockerode';
import pg from 'pg';
import { applySubscription } from '../src/workers/suspensions.ts';
import { startBackendWithDocker, type TestBackend } from './backend.ts';
import { chainSettings, linkPayer, paidRequest } from './paid-clone.ts';

/**
 * What an agent that was made while the engine was away gets when it is back, and whatever happens between a request that was
 * let through and its job: never more than was paid for. A stand-in takes the gateway's place.
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
  // One of today's, which refuses the version that older ones know.
  engine = await startEngineProxy(null, undefined, '1.44');
  chain = await startChain();
  backend = await startBackendWithDocker('adoption', {
    DOCKER_HOST: engine.dockerHost,
    OPENCLAW_IMAGE: IMAGE,
    AGENT_PORT_BASE: '25800',
    AGENT_SUBNET: '10.239.0.0/16',
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

/** The account's own calls, without the internal key behind them. */
const asUser = () => ({ call: (method: string, path: string, body?: unknown) => backend.as(user, method, path, body) });
const cloned = async (): Promise<string> =>
  (await backend.as(user, 'POST', '/api/agents/clone', await paidRequest(chain, parent))).body.agentId;
const row = (id: string) => backend.context.database.as('service', (tx) => tx.agent.findUniqueOrThrow({ where: { id } }));
const setPlan = (id: string, plan: 'solo' | 'network') =>
  backend.context.database.as('service', (tx) => tx.agent.update({ where: { id }, data: { plan } }));
const grant = (plan: 'solo' | 'network' | null) =>
  backend.context.database.as('service', (tx) => tx.user.update({ where: { id: user }, data: { plan } }));
/** CPUs and GiB of an agent's container; the machine may have no more than two CPUs. */
async function size(id: string): Promise<[number, number]> {
  const { HostConfig } = await new Docker().getContainer(`openclaw-${id}`).inspect();
  return [(HostConfig.NanoCpus ?? 0) / 1e9, (HostConfig.Memory ?? 0) / 1024 ** 3];
}
const solo = [1, 2];

async function awayWhile(work: () => Promise<void>): Promise<void> {
  engine.setAway(true);
  while ((await backend.call('GET', '/health')).body.docker !== 'unavailable') await new Promise((resolve) => setTimeout(resolve, 100));
  try {
    await work();
  } finally {
    engine.setAway(false);
  }
}
async function adopted(id: string): Promise<void> {
  while ((await row(id)).runtime !== 'container') await new Promise((resolve) => setTimeout(resolve, 100));
}
/** Raises the plan of an agent in the transaction that begins an operation: after all checks, before its job. */
async function raisedAsItBegins(kind: string, work: () => Promise<void>): Promise<void> {
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

describe('an agent that was made while the engine was away', () => {
  test('and was paid for by itself, gets the smallest container, whatever its row says', async () => {
    let id = '';
    await awayWhile(async () => {
      id = await cloned();
      await backend.settled(id);
      expect(await row(id)).toMatchObject({ runtime: 'api', state: 'running', plan: 'solo' });
      expect(await backend.as(user, 'PUT', `/api/agents/${id}/config`, { plan: 'network' })).toMatchObject({
        status: 402,
        body: { code: 'PAYMENT_REQUIRED' },
      });
      await setPlan(id, 'network');
    });
    await adopted(id);
    expect([await size(id), (await row(id)).plan]).toEqual([solo, 'network']);
    expect((await backend.as(user, 'POST', `/api/agents/${id}/repair`)).status).toBe(402);
  });

  test('gets what it was provisioned for when the internal key answers for it', async () => {
    let id = '';
    await awayWhile(async () => {
      const body = { telegramToken: canary('1:'), plan: 'collective', stripeSubscriptionId: 'sub_1' };
      id = (await backend.machine(user, 'POST', '/api/provision', body)).body.id;
      await setPlan(id, 'network');
    });
    await adopted(id);
    expect((await size(id))[1]).toBe(4);
  });

  test('grows with a plan that covers it', async () => {
    let id = '';
    await awayWhile(async () => {
      id = await cloned();
      await backend.settled(id);
      await grant('network');
      expect((await backend.as(user, 'PUT', `/api/agents/${id}/config`, { plan: 'network' })).status).toBe(200);
    });
    await adopted(id);
    expect(await size(id)).not.toEqual(solo);
    await grant(null);
  });
});

describe('a plan that is raised after a request was let through', () => {
  test('does not reach the clone’s job', async () => {
    await raisedAsItBegins('clone', async () => {
      const id = await cloned();
      await backend.settled(id);
      expect([(await row(id)).plan, await size(id)]).toEqual(['network', solo]);
    });
  });

  test('does not reach a repair', async () => {
    const id = await cloned();
    await backend.settled(id);
    await raisedAsItBegins('repair', async () => {
      expect((await backend.as(user, 'POST', `/api/agents/${id}/repair`)).status).toBe(200);
      expect([(await row(id)).plan, await size(id)]).toEqual(['network', solo]);
    });
  });

  test('nor one that the platform begins by itself after a renewal', async () => {
    const { database } = backend.context;
    const { key } = (await backend.as(user, 'POST', '/api/keys', { name: 'k' })).body;
    // Without a plan any may be named: no container is made for it.
    const body = { name: 'Never had one', config: { plan: 'network' } };
    const { id } = (await backend.call('POST', '/api/agents', { token: key, body })).body;
    await database.as('service', (tx) => tx.agent.update({ where: { id }, data: { state: 'stopped', suspendedAt: new Date() } }));
    await grant('solo');
    await applySubscription(backend.context, user);
    await backend.settled(id);
    expect(await size(id)).toEqual(solo);
    await grant(null);
  });
});
