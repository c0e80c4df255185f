import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { canary } from '@agentbot/test-doubles/canaries';
import { type Failure, makeStandIn } from '@agentbot/test-doubles/stand-in';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { AgentContainerSpec } from '../src/infra/docker/container-host.ts';
import { randomName } from '../src/shared/ids.ts';
import { planRestart } from '../src/workers/crash-restart.ts';
import { collectGarbage } from '../src/workers/garbage-collector.ts';
import { startBackendWithDocker, type TestBackend } from './backend.ts';
import { startChildBackend } from './child-backend.ts';
import { containersOn } from './containers.ts';

/** Containers that die, images that fail, leftovers, and many agents at once; a stand-in takes the gateway's place. */

const FROM = 'agentbot/openclaw:2026.3.13';
const image = (name: string) => `agentbot/openclaw-test:stand-in-${name}`;
const RUN = randomName(4);
const failures: Failure[] = ['dies', 'never-ready', 'refuses', 'corrupts'];
const { checksums, container, docker, note, noted, shell } = containersOn();
const remove: (() => Promise<void>)[] = [];
/** Of this run alone: what a killed one left has other names. */
const own = (name: string) => `${name}-${RUN}`;
let backend: TestBackend;

const deploy = (id: string) =>
  backend.machine(undefined, 'POST', '/api/deployments', { agentId: id, config: { telegramToken: canary('1:'), plan: 'network' } });
const operate = (id: string, action: string, body?: unknown) => backend.machine(undefined, 'POST', `/api/agents/${id}/${action}`, body);
const chat = async (id: string, message: string) =>
  (await backend.machine(undefined, 'POST', '/api/chat', { agentId: id, message })).body.reply;
const row = (id: string) => backend.context.database.as('service', (tx) => tx.agent.findUniqueOrThrow({ where: { id } }));

async function until(done: () => Promise<boolean>, ms = 60_000): Promise<void> {
  for (const end = Date.now() + ms; !(await done()); await sleep(100)) if (Date.now() > end) throw new Error('It did not happen in time');
}
beforeAll(async () => {
  remove.push(await makeStandIn(FROM, image('good')));
  for (const failure of failures) remove.push(await makeStandIn(FROM, image(failure), failure));
  backend = await startBackendWithDocker('durability', {
    AGENT_PORT_BASE: '23400',
    AGENT_SUBNET: '10.230.0.0/16',
    OPENCLAW_IMAGE: image('good'),
    READY_TIMEOUT_SECONDS: '8',
    RECONCILE_SECONDS: '5',
  });
}, 120_000);
afterAll(async () => {
  await backend?.stop();
  for (const each of remove) await each();
});

describe('an update to an image', () => {
  beforeAll(async () => {
    await deploy(own('updated'));
    await note(own('updated'), 'kept');
    expect(await chat(own('updated'), 'Remember me')).toBe('You said: Remember me');
  });

  test.each(failures)('that %s: the agent answers as before, on the same data', async (failure) => {
    const before = await checksums(own('updated'));
    const { status, body } = await operate(own('updated'), 'update', { image: image(failure) });
    expect([status, body.code]).toEqual([500, 'OPERATION_FAILED']);
    expect((await container(own('updated')).inspect()).Config.Image).toBe(image('good'));
    expect(await checksums(own('updated'))).toBe(before);
    expect(await chat(own('updated'), `After ${failure}`)).toBe(`You said: After ${failure}`);
  });
});

describe('a container that ends by itself', () => {
  test('is started again, whether it died or was taken away', async () => {
    await deploy(own('mortal'));
    await container(own('mortal')).kill();
    await until(async () => (await row(own('mortal'))).state !== 'running');
    await until(async () => (await row(own('mortal'))).state === 'running');
    expect(await chat(own('mortal'), 'Back again')).toBe('You said: Back again');
    await container(own('mortal')).remove({ force: true });
    await until(async () => (await row(own('mortal'))).state !== 'running');
    await until(async () => (await row(own('mortal'))).state === 'running');
    expect(await shell(own('mortal'), 'cat /home/node/.openclaw/agents/main/sessions/*')).toContain('Back again');
  });

  test('too often, is left in error with exit code and last words', async () => {
    await deploy(own('hopeless'));
    const { database } = backend.context;
    // The fifth of ten minutes: waiting for the others would take them.
    const { ownerId } = await row(own('hopeless'));
    await database.as('service', (tx) =>
      tx.operation.createMany({
        data: Array.from({ length: 5 }, (_, index) => ({
          id: `op_recovery${index}`,
          agentId: own('hopeless'),
          ownerId,
          kind: 'start',
          state: 'failed' as const,
          input: { cause: 'recovery' },
          finishedAt: new Date(),
        })),
      }),
    );
    await shell(own('hopeless'), 'echo these are my last words > /proc/1/fd/1');
    await container(own('hopeless')).kill();
    await until(async () => (await row(own('hopeless'))).state === 'error');
    const { stateReason, recoverAt } = await row(own('hopeless'));
    expect(stateReason).toMatch(/ended with exit code 137: .*last words.* is not restarted again automatically/s);
    expect(recoverAt).toBeNull();
    await sleep(2_500);
    expect((await container(own('hopeless')).inspect()).State.Running).toBe(false);
    expect((await operate(own('hopeless'), 'start')).status).toBe(200);
    expect(await chat(own('hopeless'), 'Thank you')).toBe('You said: Thank you');

    // Each of which took as long as it may to become ready.
    const slow = { ...backend.config, READY_TIMEOUT_SECONDS: 120 };
    const { giveUp } = await database.as('service', async (tx) => {
      for (let index = 0; index < 5; index++) {
        const createdAt = new Date(Date.now() - index * 130_000 - 120_000);
        await tx.operation.update({ where: { id: `op_recovery${index}` }, data: { createdAt } });
      }
      return planRestart(tx, slow, own('hopeless'), 'It does not become ready');
    });
    expect(giveUp).toBe(true);
  });

  test('and one that becomes ready after its time was over, is taken as it is', async () => {
    const { database } = backend.context;
    const failed = { state: 'error' as const, stateReason: 'The stage "ready" was not done in time' };
    await database.as('service', (tx) => tx.agent.update({ where: { id: own('hopeless') }, data: failed }));
    await until(async () => (await row(own('hopeless'))).state === 'running');
    expect((await row(own('hopeless'))).stateReason).toBeNull();
  });
});

test('an operation whose job is gone fails, and an agent that served on meanwhile goes on', async () => {
  const { database } = backend.context;
  const lost = [
    { agentId: own('updated'), kind: 'backup', agentBefore: {} },
    { agentId: own('mortal'), kind: 'provision', agentBefore: { goesOn: true } },
  ];
  const { ownerId } = await row(own('updated'));
  const data = lost.map((each) => ({ ...each, id: `op_lost_${each.kind}`, ownerId, createdAt: new Date(Date.now() - 60_000) }));
  await database.as('service', (tx) => tx.operation.createMany({ data }));
  const left = { id: { in: data.map(({ id }) => id) }, finishedAt: null };
  await until(async () => (await database.as('service', (tx) => tx.operation.count({ where: left }))) === 0, 120_000);
  for (const { agentId } of lost) expect(await row(agentId)).toMatchObject({ state: 'running', stateReason: null });
});

describe('an agent that answers without a container', () => {
  test('goes on when the container that it is to get cannot be made', async () => {
    const { database } = backend.context;
    const { body } = await backend.machine(undefined, 'POST', '/api/agents', { name: 'Patient', config: { plan: 'network' } });
    await backend.settled(body.id);
    const without = { state: 'running' as const, runtime: 'api' as const, image: 'localhost:1/none:1', observedState: null };
    await database.as('service', (tx) => tx.operation.deleteMany({ where: { agentId: body.id } }));
    await database.as('service', (tx) => tx.agent.update({ where: { id: body.id }, data: without }));
    const tried = () =>
      database.as('service', (tx) => tx.operation.findFirst({ where: { agentId: body.id, kind: 'provision', state: 'failed' } }));
    await until(async () => (await tried()) !== null);
    expect((await tried())?.error).toContain('localhost:1/none:1');
    expect(await row(body.id)).toMatchObject({ state: 'running', runtime: 'api', stateReason: null });
  });
});

describe('what somebody else did on the machine', () => {
  test('a port that a foreign process has taken is exchanged', async () => {
    await deploy(own('ousted'));
    await operate(own('ousted'), 'stop');
    const { bind } = (await row(own('ousted'))).containerSpec as unknown as AgentContainerSpec;
    const foreign = createServer().listen(bind.gateway, '127.0.0.1');
    await once(foreign, 'listening');
    expect((await operate(own('ousted'), 'start')).status).toBe(200);
    const { bind: other } = (await row(own('ousted'))).containerSpec as unknown as AgentContainerSpec;
    expect(other.gateway).not.toBe(bind.gateway);
    expect(await chat(own('ousted'), 'Moved')).toBe('You said: Moved');
    foreign.close();
  });

  test('a name that something foreign has is refused, that is left alone, and the next try succeeds', async () => {
    const foreign = await docker.createContainer({ name: `openclaw-${own('named')}`, Image: FROM });
    const refused = await deploy(own('named'));
    expect([refused.status, refused.body.error]).toEqual([
      500,
      `Deployment failed: The name openclaw-${own('named')} is taken by a container that is not this installation's`,
    ]);
    await foreign.remove();
    const labels = { 'agentbot.installation': backend.config.INSTALLATION, 'agentbot.owner': 'somebody-else' };
    await docker.createVolume({ Name: `openclaw-data-${own('named')}`, Labels: labels });
    expect((await deploy(own('named'))).body.error).toContain(`${own('named')} is taken by a volume`);
    // Giving up takes nothing of theirs along.
    await backend.machine(undefined, 'DELETE', `/api/agents/${own('named')}`);
    await docker.getVolume(`openclaw-data-${own('named')}`).remove();
    await docker.createVolume({ Name: `openclaw-data-${own('named')}` });
    expect((await deploy(own('named'))).body.error).toContain(`${own('named')} is taken by a volume`);
    await backend.machine(undefined, 'DELETE', `/api/agents/${own('named')}`);
    expect((await docker.getVolume(`openclaw-data-${own('named')}`).inspect()).Name).toBe(`openclaw-data-${own('named')}`);
    await docker.getVolume(`openclaw-data-${own('named')}`).remove();
    expect((await deploy(own('named'))).status).toBe(201);
  });

  test('a volume removed by hand is made anew, and a backup brings the data back', async () => {
    await deploy(own('emptied'));
    await note(own('emptied'), 'precious');
    const { backup } = (await operate(own('emptied'), 'backups')).body;
    await operate(own('emptied'), 'stop');
    await container(own('emptied')).remove();
    await docker.getVolume(`openclaw-data-${own('emptied')}`).remove();
    expect((await operate(own('emptied'), 'start')).status).toBe(200);
    expect(await chat(own('emptied'), 'Who am I?')).toBe('You said: Who am I?');
    expect((await operate(own('emptied'), `backups/${backup.id}/restore`)).status).toBe(200);
    expect(await noted(own('emptied'))).toBe('precious');
  });

  test('a stopped agent whose container was started by hand, and one that a crash left halted, are as they should be', async () => {
    await operate(own('named'), 'stop');
    await container(own('named')).start();
    await container(own('emptied')).pause();
    // Docker tells of a start, and of a halt nothing: that is found in the next round.
    await until(async () => !(await container(own('named')).inspect()).State.Running);
    await until(async () => !(await container(own('emptied')).inspect()).State.Paused, 90_000);
    expect(await chat(own('emptied'), 'Awake')).toBe('You said: Awake');
  }, 120_000);
});

test('what no agent owns is removed, but no data', async () => {
  // By the clock it would go over what lies here in between, with another idea of the time.
  await backend.context.boss.offWork('sweep');
  const labels = { 'agentbot.installation': backend.config.INSTALLATION, 'agentbot.agent': own('nobody') };
  const orphan = await docker.createContainer({ name: `openclaw-${own('nobody')}`, Image: FROM, Labels: labels });
  await docker.createNetwork({ Name: `openclaw-net-${own('nobody')}`, Labels: labels });
  await docker.createVolume({ Name: `openclaw-data-${own('nobody')}`, Labels: labels });
  // What a check of a configuration leaves when the backend is killed: its data has no name, and goes with it.
  const check = await docker.createContainer({
    name: `openclaw-check.${RUN}`,
    Image: FROM,
    Labels: { 'agentbot.installation': backend.config.INSTALLATION },
    HostConfig: { Mounts: [{ Type: 'volume', Source: '', Target: '/data' }] },
  });
  const nameless = (await check.inspect()).Mounts.find(({ Destination }) => Destination === '/data')?.Name ?? '';
  // And one that cannot go, since somebody else is in it.
  const held = await docker.createNetwork({ Name: `openclaw-net-${own('held')}`, Labels: { ...labels, 'agentbot.agent': own('held') } });
  const guest = await docker.createContainer({ Image: FROM, Entrypoint: ['sleep', '600'], HostConfig: { NetworkMode: held.id } });
  await guest.start();
  // Fifteen minutes from now they are not young any more.
  const later = {
    ...backend.context,
    host: {
      ...backend.context.host,
      owned: async (installation: string) => {
        const found = await backend.context.host.owned(installation);
        return found.map((each) => ({ ...each, createdAt: new Date(each.createdAt.getTime() - 3_600_000) }));
      },
    },
  };
  await collectGarbage(backend.context);
  expect((await orphan.inspect()).Name).toBe(`/openclaw-${own('nobody')}`);
  await collectGarbage(later);
  await expect(orphan.inspect()).rejects.toThrow(/No such container/);
  await expect(docker.getNetwork(`openclaw-net-${own('nobody')}`).inspect()).rejects.toThrow(/not found/);
  await expect(docker.getVolume(nameless).inspect()).rejects.toThrow(/no such volume/i);
  expect((await held.inspect()).Name).toBe(`openclaw-net-${own('held')}`);
  expect((await docker.getVolume(`openclaw-data-${own('nobody')}`).inspect()).Name).toBe(`openclaw-data-${own('nobody')}`);
  const noted = () => backend.context.database.as('service', (tx) => tx.orphan.findMany({ select: { kind: true, name: true } }));
  const left = { kind: 'volume', name: `openclaw-data-${own('nobody')}` };
  expect(await noted()).toEqual(expect.arrayContaining([left, { kind: 'network', name: `openclaw-net-${own('held')}` }]));
  await guest.remove({ force: true });
  await collectGarbage(later);
  expect(await noted()).toEqual([left]);

  const { database } = backend.context;
  await database.as('service', (tx) => tx.orphan.updateMany({ data: { foundAt: new Date(Date.now() - 8 * 24 * 3_600_000) } }));
  await collectGarbage({ ...later, config: { ...backend.config, SWEEP_VOLUMES: true } });
  await expect(docker.getVolume(`openclaw-data-${own('nobody')}`).inspect()).rejects.toThrow(/no such volume/i);
  expect(await noted()).toEqual([]);
  expect(await chat(own('mortal'), 'Still here?')).toBe('You said: Still here?');
});

test('a full disk fails a backup and nothing else, and the next one succeeds', async () => {
  const mounted = ['sh', '-c', 'mount -t tmpfs -o size=1m none "$BACKUP_DIR" && exec "$@"', 'sh'];
  // A mount of its own, which an ordinary user may make in a user namespace.
  const launcher = ['unshare', process.getuid?.() === 0 ? '-m' : '-Urm', ...mounted];
  const cramped = await startChildBackend(
    { OPENCLAW_IMAGE: image('good'), AGENT_PORT_BASE: '32700', AGENT_SUBNET: '10.234.0.0/16' },
    launcher,
  );
  try {
    const config = { telegramToken: canary('1:'), plan: 'network' };
    await cramped.call('POST', '/api/deployments', { agentId: own('cramped'), config });
    await shell(own('cramped'), 'dd if=/dev/urandom of=/home/node/.openclaw/large bs=1M count=3 2>/dev/null');
    const { status, body } = await cramped.call('POST', `/api/agents/${own('cramped')}/backups`);
    expect([status, body.error]).toEqual([500, 'There is no space left for backups']);
    const told = await cramped.call('POST', '/api/chat', { agentId: own('cramped'), message: 'Well?' });
    expect(told.body.reply).toBe('You said: Well?');
    expect((await cramped.call('POST', `/api/agents/${own('cramped')}/update`, { image: image('good') })).body.error).toContain(
      'no space left',
    );
    expect((await cramped.call('GET', `/api/agents/${own('cramped')}`)).body.status).toBe('active');
    await shell(own('cramped'), 'rm /home/node/.openclaw/large');
    expect((await cramped.call('POST', `/api/agents/${own('cramped')}/backups`)).status).toBe(201);
  } finally {
    await cramped.stop();
  }
}, 120_000);

describe('fifty agents at once', () => {
  const ids = Array.from({ length: 50 }, (_, index) => own(`many-${index}`));
  let crowd: TestBackend;

  beforeAll(async () => {
    // Patient with each gateway: fifty of them share what the machine has.
    crowd = await startBackendWithDocker('crowd', {
      AGENT_PORT_BASE: '32000',
      AGENT_SUBNET: '10.231.0.0/16',
      OPENCLAW_IMAGE: image('good'),
    });
  });
  afterAll(() => crowd?.stop());

  /** Asks the same of all and waits for the end of it, which a busy machine reaches after the answer; what went wrong, with the reason. */
  async function failed(method: string, address: (id: string) => string, body?: (id: string) => object) {
    await Promise.all(ids.map((id) => crowd.machine(undefined, method, address(id), body?.(id))));
    for (const id of ids) await crowd.settled(id);
    const { database } = crowd.context;
    const latest = await database.as('service', (tx) =>
      tx.operation.findMany({ distinct: ['agentId'], orderBy: [{ agentId: 'asc' }, { createdAt: 'desc' }] }),
    );
    expect(latest).toHaveLength(ids.length);
    return latest.filter(({ state }) => state !== 'succeeded').map(({ kind, error }) => `${kind}: ${error}`);
  }

  test('come, are restarted and go without a clash', async () => {
    const config = { telegramToken: canary('1:'), plan: 'network' };
    expect(
      await failed(
        'POST',
        () => '/api/deployments',
        (agentId) => ({ agentId, config }),
      ),
    ).toEqual([]);
    const filters = { label: [`agentbot.installation=${crowd.config.INSTALLATION}`] };
    const ports = (await docker.listContainers({ filters })).flatMap(({ Ports }) => Ports.map(({ PublicPort }) => PublicPort));
    expect([ports.length, new Set(ports).size]).toEqual([100, 100]);
    expect(await failed('POST', (id) => `/api/agents/${id}/restart`)).toEqual([]);
    expect(await failed('DELETE', (id) => `/api/agents/${id}`)).toEqual([]);
    expect(await docker.listContainers({ all: true, filters })).toEqual([]);
  }, 600_000);
});
