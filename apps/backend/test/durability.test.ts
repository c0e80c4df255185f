import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { isWholeSweep } from '@agentbot/config/sweep';
import { canary } from '@agentbot/test-doubles/canaries';
import { type Failure, makeStandIn } from '@agentbot/test-doubles/stand-in';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type Docker from 'dockerode';
import type { AgentContainerSpec } from '../src/infra/docker/container-host.ts';
import { randomName } from '../src/shared/ids.ts';
import { planRestart } from '../src/workers/crash-restart.ts';
import { collectGarbage } from '../src/workers/garbage-collector.ts';
import { startBackendWithDocker, type TestBackend } from './backend.ts';
import { startChildBackend } from './child-backend.ts';
import { containersOn } from './containers.ts';

/** Crashed containers, failing images, orphans and many agents at once. A stand-in replaces the gateway. */

const FROM = 'agentbot/openclaw:2026.3.13';
const image = (name: string) => `agentbot/openclaw-test:stand-in-${name}`;
const RUN = randomName(4);
const failures: Failure[] = ['dies', 'never-ready', 'refuses', 'corrupts', 'rejects-platform'];
const { checksums, container, docker, writeNote, readNote, shell } = containersOn();
const remove: (() => Promise<void>)[] = [];
/** A name of this run: leftovers of a killed run have other names. */
const nameOf = (name: string) => `${name}-${RUN}`;
let backend: TestBackend;

const deploy = (id: string) =>
  backend.machine(undefined, 'POST', '/api/deployments', { agentId: id, config: { telegramToken: canary('1:'), plan: 'network' } });
const operate = (id: string, action: string, body?: unknown) => backend.machine(undefined, 'POST', `/api/agents/${id}/${action}`, body);
const chat = async (id: string, message: string) =>
  (await backend.machine(undefined, 'POST', '/api/chat', { agentId: id, message })).body.reply;
const row = (id: string) => backend.context.database.as('service', (tx) => tx.agent.findUniqueOrThrow({ where: { id } }));

async function until(done: () => Promise<boolean>, ms = 60_000): Promise<void> {
  for (const end = Date.now() + ms; !(await done()); await sleep(100))
    if (Date.now() > end) throw new Error('The condition did not hold in time');
}
beforeAll(async () => {
  remove.push(await makeStandIn(FROM, image('good')));
  for (const failure of failures) remove.push(await makeStandIn(FROM, image(failure), failure));
  backend = await startBackendWithDocker('durability', {
    OPENCLAW_IMAGE: image('good'),
    READY_TIMEOUT_SECONDS: '8',
    RECONCILE_SECONDS: '5',
  });
});
afterAll(async () => {
  await backend?.stop();
  for (const each of remove) await each();
});

describe('an update to an image', () => {
  beforeAll(async () => {
    await deploy(nameOf('updated'));
    await writeNote(nameOf('updated'), 'kept');
    expect(await chat(nameOf('updated'), 'Remember me')).toBe('You said: Remember me');
  });

  test.each(failures)(
    'that %s fails with OPERATION_FAILED, and the agent answers from the old image with the same data',
    async (failure) => {
      const before = await checksums(nameOf('updated'));
      const { status, body } = await operate(nameOf('updated'), 'update', { image: image(failure) });
      expect([status, body.code]).toEqual([500, 'OPERATION_FAILED']);
      expect((await container(nameOf('updated')).inspect()).Config.Image).toBe(image('good'));
      expect(await checksums(nameOf('updated'))).toBe(before);
      expect(await chat(nameOf('updated'), `After ${failure}`)).toBe(`You said: After ${failure}`);
    },
  );
});

test('the error of an update whose gateway never becomes ready contains the result of the last probe, without secrets', async () => {
  const { database } = backend.context;
  const errors = await database.as('service', (tx) =>
    tx.operation.findMany({ where: { agentId: nameOf('updated'), kind: 'update' }, select: { error: true } }),
  );
  const sentences = errors.map(({ error }) => error).join('\n');
  for (const reason of ['answers /healthz with 503', 'does not accept the platform: the token [redacted] is wrong'])
    expect(sentences).toContain(`was not done within 8 seconds. The agent is not ready: its gateway ${reason}`);
});

describe('a container that exits without a request', () => {
  test('is started again after a kill and after a removal', async () => {
    await deploy(nameOf('mortal'));
    await container(nameOf('mortal')).kill();
    await until(async () => (await row(nameOf('mortal'))).state !== 'running');
    await until(async () => (await row(nameOf('mortal'))).state === 'running');
    expect(await chat(nameOf('mortal'), 'Back again')).toBe('You said: Back again');
    await container(nameOf('mortal')).remove({ force: true });
    await until(async () => (await row(nameOf('mortal'))).state !== 'running');
    await until(async () => (await row(nameOf('mortal'))).state === 'running');
    expect(await shell(nameOf('mortal'), 'cat /home/node/.openclaw/agents/main/sessions/*')).toContain('Back again');
  });

  test('more than five times in ten minutes leaves its agent in error with exit code and last output', async () => {
    await deploy(nameOf('hopeless'));
    const { database } = backend.context;
    // Five earlier crash restarts as rows: real ones would take ten minutes.
    const { ownerId } = await row(nameOf('hopeless'));
    await database.as('service', (tx) =>
      tx.operation.createMany({
        data: Array.from({ length: 5 }, (_, index) => ({
          id: `op_recovery${index}`,
          agentId: nameOf('hopeless'),
          ownerId,
          kind: 'start',
          state: 'failed' as const,
          input: { cause: 'recovery' },
          finishedAt: new Date(),
        })),
      }),
    );
    await shell(nameOf('hopeless'), 'echo these are my last words > /proc/1/fd/1');
    await container(nameOf('hopeless')).kill();
    await until(async () => (await row(nameOf('hopeless'))).state === 'error');
    const { stateReason, recoverAt } = await row(nameOf('hopeless'));
    expect(stateReason).toMatch(/ended with exit code 137: .*last words.* is not restarted again automatically/s);
    expect(recoverAt).toBeNull();
    await sleep(2_500);
    expect((await container(nameOf('hopeless')).inspect()).State.Running).toBe(false);
    expect((await operate(nameOf('hopeless'), 'start')).status).toBe(200);
    expect(await chat(nameOf('hopeless'), 'Thank you')).toBe('You said: Thank you');

    // Restarts that each use the whole ready timeout count too.
    const slow = { ...backend.context, config: { ...backend.config, READY_TIMEOUT_SECONDS: 120 } };
    const { giveUp } = await database.as('service', async (tx) => {
      for (let index = 0; index < 5; index++) {
        const createdAt = new Date(Date.now() - index * 130_000 - 120_000);
        await tx.operation.update({ where: { id: `op_recovery${index}` }, data: { createdAt } });
      }
      return planRestart(tx, slow, nameOf('hopeless'), 'It does not become ready');
    });
    expect(giveUp).toBe(true);
  });

  test('and becomes ready after the timeout is adopted as running', async () => {
    const { database } = backend.context;
    const failed = { state: 'error' as const, stateReason: 'The stage "ready" was not done in time' };
    await database.as('service', (tx) => tx.agent.update({ where: { id: nameOf('hopeless') }, data: failed }));
    await until(async () => (await row(nameOf('hopeless'))).state === 'running');
    expect((await row(nameOf('hopeless'))).stateReason).toBeNull();
  });
});

test('an operation without a job fails, and its agent keeps running', async () => {
  const { database } = backend.context;
  const lost = [
    { agentId: nameOf('updated'), kind: 'backup', agentBefore: {} },
    { agentId: nameOf('mortal'), kind: 'provision', agentBefore: { keepsServing: true } },
  ];
  const { ownerId } = await row(nameOf('updated'));
  const data = lost.map((each) => ({ ...each, id: `op_lost_${each.kind}`, ownerId, createdAt: new Date(Date.now() - 60_000) }));
  await database.as('service', (tx) => tx.operation.createMany({ data }));
  const open = { id: { in: data.map(({ id }) => id) }, finishedAt: null };
  await until(async () => (await database.as('service', (tx) => tx.operation.count({ where: open }))) === 0, 120_000);
  for (const { agentId } of lost) expect(await row(agentId)).toMatchObject({ state: 'running', stateReason: null });
});

describe('an agent that answers without a container', () => {
  test('keeps answering when its container cannot be created', async () => {
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

/** Pauses a container. Under load the kernel may fail to freeze it in time: the engine then answers 500, and a retry succeeds. */
async function pause(target: Docker.Container, tries = 10): Promise<void> {
  try {
    await target.pause();
  } catch (error) {
    if (tries === 1 || !/unable to freeze/.test(String(error))) throw error;
    await new Promise((resolve) => setTimeout(resolve, 300));
    await pause(target, tries - 1);
  }
}

describe('a change made on the machine by hand', () => {
  test('start gives an agent another port when a foreign process uses its port', async () => {
    await deploy(nameOf('ousted'));
    await operate(nameOf('ousted'), 'stop');
    const { bind } = (await row(nameOf('ousted'))).containerSpec as unknown as AgentContainerSpec;
    const foreign = createServer().listen(bind.gateway, '127.0.0.1');
    await once(foreign, 'listening');
    expect((await operate(nameOf('ousted'), 'start')).status).toBe(200);
    const { bind: other } = (await row(nameOf('ousted'))).containerSpec as unknown as AgentContainerSpec;
    expect(other.gateway).not.toBe(bind.gateway);
    expect(await chat(nameOf('ousted'), 'Moved')).toBe('You said: Moved');
    foreign.close();
  });

  test('deploy fails while a foreign container or volume has the agent’s name, keeps it, and succeeds after its removal', async () => {
    const foreign = await docker.createContainer({ name: `openclaw-${nameOf('named')}`, Image: FROM });
    const refused = await deploy(nameOf('named'));
    expect([refused.status, refused.body.error]).toEqual([
      500,
      `Deployment failed: The name openclaw-${nameOf('named')} is taken by a container that is not this installation's`,
    ]);
    await foreign.remove();
    const labels = { 'agentbot.installation': backend.config.INSTALLATION, 'agentbot.owner': 'somebody-else' };
    await docker.createVolume({ Name: `openclaw-data-${nameOf('named')}`, Labels: labels });
    expect((await deploy(nameOf('named'))).body.error).toContain(`${nameOf('named')} is taken by a volume`);
    // Deleting the agent must not remove the foreign volume.
    await backend.machine(undefined, 'DELETE', `/api/agents/${nameOf('named')}`);
    await docker.getVolume(`openclaw-data-${nameOf('named')}`).remove();
    await docker.createVolume({ Name: `openclaw-data-${nameOf('named')}` });
    expect((await deploy(nameOf('named'))).body.error).toContain(`${nameOf('named')} is taken by a volume`);
    await backend.machine(undefined, 'DELETE', `/api/agents/${nameOf('named')}`);
    expect((await docker.getVolume(`openclaw-data-${nameOf('named')}`).inspect()).Name).toBe(`openclaw-data-${nameOf('named')}`);
    await docker.getVolume(`openclaw-data-${nameOf('named')}`).remove();
    expect((await deploy(nameOf('named'))).status).toBe(201);
  });

  test('start brings the data of a removed volume back, and a restore does so again', async () => {
    await deploy(nameOf('emptied'));
    await writeNote(nameOf('emptied'), 'precious');
    const { backup } = (await operate(nameOf('emptied'), 'backups')).body;
    await operate(nameOf('emptied'), 'stop');
    await container(nameOf('emptied')).remove();
    await docker.getVolume(`openclaw-data-${nameOf('emptied')}`).remove();
    expect((await operate(nameOf('emptied'), 'start')).status).toBe(200);
    expect(await readNote(nameOf('emptied'))).toBe('precious');
    expect(await chat(nameOf('emptied'), 'Who am I?')).toBe('You said: Who am I?');
    expect((await operate(nameOf('emptied'), `backups/${backup.id}/restore`)).status).toBe(200);
    expect(await readNote(nameOf('emptied'))).toBe('precious');
  });

  test('the reconciler stops a container that was started by hand and unpauses a paused one', async () => {
    await operate(nameOf('named'), 'stop');
    await container(nameOf('named')).start();
    await pause(container(nameOf('emptied')));
    // The engine sends an event for a start. A pause is found in the next round of the reconciler.
    await until(async () => !(await container(nameOf('named')).inspect()).State.Running);
    await until(async () => !(await container(nameOf('emptied')).inspect()).State.Paused, 90_000);
    expect(await chat(nameOf('emptied'), 'Awake')).toBe('You said: Awake');
  });
});

test('the garbage collector removes orphaned containers and networks, and volumes only with SWEEP_VOLUMES', async () => {
  // The scheduled run would interfere: it uses the real time.
  await backend.context.boss.offWork('sweep');
  const labels = { 'agentbot.installation': backend.config.INSTALLATION, 'agentbot.agent': nameOf('nobody') };
  const orphan = await docker.createContainer({ name: `openclaw-${nameOf('nobody')}`, Image: FROM, Labels: labels });
  await docker.createNetwork({ Name: `openclaw-net-${nameOf('nobody')}`, Labels: labels });
  await docker.createVolume({ Name: `openclaw-data-${nameOf('nobody')}`, Labels: labels });
  // The leftover of a killed configuration check: its anonymous volume is removed with it.
  const check = await docker.createContainer({
    name: `openclaw-check.${RUN}`,
    Image: FROM,
    Labels: { 'agentbot.installation': backend.config.INSTALLATION },
    HostConfig: { Mounts: [{ Type: 'volume', Source: '', Target: '/data' }] },
  });
  const nameless = (await check.inspect()).Mounts.find(({ Destination }) => Destination === '/data')?.Name ?? '';
  // A network that cannot be removed while a foreign container uses it.
  const held = await docker.createNetwork({
    Name: `openclaw-net-${nameOf('held')}`,
    Labels: { ...labels, 'agentbot.agent': nameOf('held') },
  });
  const guest = await docker.createContainer({ Image: FROM, Entrypoint: ['sleep', '600'], HostConfig: { NetworkMode: held.id } });
  await guest.start();
  // Reports each resource as an hour old: past the grace period.
  const later = {
    ...backend.context,
    host: {
      ...backend.context.host,
      owned: async (installation: string) => {
        const { objects, isComplete } = await backend.context.host.owned(installation);
        return { objects: objects.map((each) => ({ ...each, createdAt: new Date(each.createdAt.getTime() - 3_600_000) })), isComplete };
      },
    },
  };
  await collectGarbage(backend.context);
  expect((await orphan.inspect()).Name).toBe(`/openclaw-${nameOf('nobody')}`);
  await collectGarbage(later);
  await expect(orphan.inspect()).rejects.toThrow(/No such container/);
  await expect(docker.getNetwork(`openclaw-net-${nameOf('nobody')}`).inspect()).rejects.toThrow(/not found/);
  await expect(docker.getVolume(nameless).inspect()).rejects.toThrow(/no such volume/i);
  expect((await held.inspect()).Name).toBe(`openclaw-net-${nameOf('held')}`);
  expect((await docker.getVolume(`openclaw-data-${nameOf('nobody')}`).inspect()).Name).toBe(`openclaw-data-${nameOf('nobody')}`);
  const listOrphans = () => backend.context.database.as('service', (tx) => tx.orphan.findMany({ select: { kind: true, name: true } }));
  const keptVolume = { kind: 'volume', name: `openclaw-data-${nameOf('nobody')}` };
  expect(await listOrphans()).toEqual(expect.arrayContaining([keptVolume, { kind: 'network', name: `openclaw-net-${nameOf('held')}` }]));
  await guest.remove({ force: true });
  await collectGarbage(later);
  expect(await listOrphans()).toEqual([keptVolume]);

  const { database } = backend.context;
  await database.as('service', (tx) => tx.orphan.updateMany({ data: { foundAt: new Date(Date.now() - 8 * 24 * 3_600_000) } }));
  await collectGarbage({ ...later, config: { ...backend.config, SWEEP_VOLUMES: true } });
  await expect(docker.getVolume(`openclaw-data-${nameOf('nobody')}`).inspect()).rejects.toThrow(/no such volume/i);
  expect(await listOrphans()).toEqual([]);
  expect(await chat(nameOf('mortal'), 'Still here?')).toBe('You said: Still here?');
});

test('a full disk fails backup and update, the agent keeps running, and the next backup succeeds', async () => {
  const mounted = ['sh', '-c', 'mount -t tmpfs -o size=1m none "$BACKUP_DIR" && exec "$@"', 'sh'];
  // A private mount. An ordinary user may create it in a user namespace.
  const launcher = ['unshare', process.getuid?.() === 0 ? '-m' : '-Urm', ...mounted];
  const cramped = await startChildBackend({ OPENCLAW_IMAGE: image('good'), DISK_RESERVE_GIB: '0' }, launcher);
  try {
    const config = { telegramToken: canary('1:'), plan: 'network' };
    await cramped.call('POST', '/api/deployments', { agentId: nameOf('cramped'), config });
    await shell(nameOf('cramped'), 'dd if=/dev/urandom of=/home/node/.openclaw/large bs=1M count=3 2>/dev/null');
    const { status, body } = await cramped.call('POST', `/api/agents/${nameOf('cramped')}/backups`);
    expect([status, body.error]).toEqual([500, expect.stringMatching(/^There is not enough space for backups/)]);
    const told = await cramped.call('POST', '/api/chat', { agentId: nameOf('cramped'), message: 'Well?' });
    expect(told.body.reply).toBe('You said: Well?');
    expect((await cramped.call('POST', `/api/agents/${nameOf('cramped')}/update`, { image: image('good') })).body.error).toContain(
      'not enough space for backups',
    );
    expect((await cramped.call('GET', `/api/agents/${nameOf('cramped')}`)).body.status).toBe('active');
    await shell(nameOf('cramped'), 'rm /home/node/.openclaw/large');
    expect((await cramped.call('POST', `/api/agents/${nameOf('cramped')}/backups`)).status).toBe(201);
  } finally {
    await cramped.stop();
  }
});

const MANY = isWholeSweep ? 50 : 20;

describe(`${MANY} agents at once`, () => {
  const ids = Array.from({ length: MANY }, (_, index) => nameOf(`many-${index}`));
  let crowd: TestBackend;

  beforeAll(async () => {
    // With the default ready timeout: all gateways share the machine.
    crowd = await startBackendWithDocker('crowd', {
      OPENCLAW_IMAGE: image('good'),
    });
  });
  afterAll(() => crowd?.stop());

  /** Sends the request for every agent and waits until all operations end. @returns kind and error of each failed operation */
  async function failuresOf(method: string, address: (id: string) => string, body?: (id: string) => object) {
    await Promise.all(ids.map((id) => crowd.machine(undefined, method, address(id), body?.(id))));
    for (const id of ids) await crowd.settled(id);
    const { database } = crowd.context;
    const latest = await database.as('service', (tx) =>
      tx.operation.findMany({ distinct: ['agentId'], orderBy: [{ agentId: 'asc' }, { createdAt: 'desc' }] }),
    );
    expect(latest).toHaveLength(ids.length);
    return latest.filter(({ state }) => state !== 'succeeded').map(({ kind, error }) => `${kind}: ${error}`);
  }

  test('are deployed on distinct ports, restarted and deleted without a failure', async () => {
    const config = { telegramToken: canary('1:'), plan: 'network' };
    expect(
      await failuresOf(
        'POST',
        () => '/api/deployments',
        (agentId) => ({ agentId, config }),
      ),
    ).toEqual([]);
    const filters = { label: [`agentbot.installation=${crowd.config.INSTALLATION}`] };
    const ports = (await docker.listContainers({ filters })).flatMap(({ Ports }) => Ports.map(({ PublicPort }) => PublicPort));
    expect([ports.length, new Set(ports).size]).toEqual([2 * MANY, 2 * MANY]);
    expect(await failuresOf('POST', (id) => `/api/agents/${id}/restart`)).toEqual([]);
    expect(await failuresOf('DELETE', (id) => `/api/agents/${id}`)).toEqual([]);
    expect(await docker.listContainers({ all: true, filters })).toEqual([]);
  }, 1_200_000);
});
