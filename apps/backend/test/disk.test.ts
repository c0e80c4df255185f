import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { plans } from '@agentbot/contracts';
import { canary } from '@agentbot/test-doubles/canaries';
import { makeStandIn } from '@agentbot/test-doubles/stand-in';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { enforceDiskLimits } from '../src/workers/disk-limits.ts';
import { startBackendWithDocker, type TestBackend } from './backend.ts';
import { containersOn } from './containers.ts';

/** The limit of an agent's data: measured on a schedule and before each archive; and the room that archives and restores need. */

const IMAGE = 'agentbot/openclaw-test:stand-in-disk';
const { container, docker, shell } = containersOn();
const MIB = 1024 ** 2;
const workspace = '/home/node/.openclaw/workspace';
const limitOfSolo = plans.solo.diskBytes;
let backend: TestBackend;
let removeImage: () => Promise<void>;

beforeAll(async () => {
  removeImage = await makeStandIn('agentbot/openclaw:2026.3.13', IMAGE);
  backend = await startBackendWithDocker('disk', { OPENCLAW_IMAGE: IMAGE });
});
afterAll(async () => {
  await backend?.stop();
  await removeImage?.();
});
afterEach(() => {
  plans.solo.diskBytes = limitOfSolo;
  backend.config.DISK_RESERVE_GIB = 0;
});

/** Deploys an agent, and sets its plan. */
async function deploy(id: string, plan: 'solo' | 'network' = 'solo') {
  const config = { telegramToken: canary('1:'), plan: 'network' };
  expect((await backend.machine(undefined, 'POST', '/api/deployments', { agentId: id, config })).status).toBe(201);
  await backend.context.database.as('service', (tx) => tx.agent.update({ where: { id }, data: { plan } }));
  await shell(id, `mkdir -p ${workspace}`);
}
const ask = (id: string, method: string, rest: string, body?: unknown) =>
  backend.machine(undefined, method, `/api/agents/${id}/${rest}`, body);
const row = (id: string) => backend.context.database.as('service', (tx) => tx.agent.findUniqueOrThrow({ where: { id } }));
const overview = async (id: string) => {
  const { ownerId } = await row(id);
  return (await backend.machine(ownerId, 'GET', `/api/agents/${id}/overview`)).body.agent;
};
const startedAt = async (id: string) => (await container(id).inspect()).State.StartedAt;

test('the size of an agent’s data stands in its overview: disk as du counts it, and the length of its files', async () => {
  await deploy('measured');
  // A name that is no UTF-8, a hard link, and 9 MiB of which 4 KiB are on the disk.
  await shell(
    'measured',
    `cd ${workspace} && dd if=/dev/urandom of="$(printf 'bad\\377')" bs=1M count=3 && ln "$(printf 'bad\\377')" link && truncate -s 9M sparse`,
  );
  await shell('measured', 'sync');
  expect((await overview('measured')).disk).toBeNull();
  await enforceDiskLimits(backend.context);
  const { disk, diskProblem } = await overview('measured');
  const du = Number.parseInt(await shell('measured', 'du -sk /home/node/.openclaw'), 10) * 1024;
  // The agent writes meanwhile, and du counts the folder itself.
  expect(Math.abs(disk.usedBytes - du)).toBeLessThan(0.5 * MIB);
  expect(disk.usedBytes).toBeGreaterThan(3 * MIB);
  expect(disk.apparentBytes - 12 * MIB).toBeGreaterThan(0);
  expect(disk.apparentBytes - 12 * MIB).toBeLessThan(MIB);
  expect(disk).toMatchObject({ limitBytes: 2_147_483_648, measuredAt: expect.any(String), stopsAt: null });
  expect(diskProblem).toBeNull();
  const names = (await docker.listContainers({ all: true })).flatMap(({ Names }) => Names);
  expect(names.filter((name) => name.startsWith('/openclaw-measure.'))).toEqual([]);
});

test('agents of two images are measured in a container of each', async () => {
  const other = 'agentbot/openclaw-test:stand-in-disk-two';
  await docker.getImage(IMAGE).tag({ repo: 'agentbot/openclaw-test', tag: 'stand-in-disk-two' });
  try {
    await deploy('second');
    await backend.context.database.as('service', (tx) => tx.agent.update({ where: { id: 'second' }, data: { image: other } }));
    const events = (await docker.getEvents({ filters: { type: ['container'], event: ['create'] } })) as NodeJS.ReadableStream;
    const created: string[] = [];
    events.on('data', (line) => {
      const { name, image } = JSON.parse(String(line)).Actor.Attributes;
      if (name.startsWith('openclaw-measure.')) created.push(image);
    });
    await enforceDiskLimits(backend.context);
    (events as unknown as { destroy(): void }).destroy();
    expect([...new Set(created)].sort()).toEqual([IMAGE, other]);
    expect((await row('second')).diskMeasuredAt).not.toBeNull();
    await backend.machine(undefined, 'DELETE', '/api/agents/second');
  } finally {
    await docker.getImage(other).remove();
  }
});

describe('an agent past its limit', () => {
  const sentence = "The agent's data uses 0.0 GiB of disk, more than the 0.0 GiB that its plan allows";

  test('is told, keeps running for 15 minutes, is then stopped with the reason, and gets new time with a start', async () => {
    await deploy('over');
    await shell('over', `dd if=/dev/urandom of=${workspace}/large bs=1M count=3 && sync`);
    plans.solo.diskBytes = 2 * MIB;
    await enforceDiskLimits(backend.context);
    const told = await overview('over');
    expect([told.status, told.diskProblem]).toEqual(['running', sentence]);
    expect(Date.parse(told.disk.stopsAt) - Date.parse(told.disk.measuredAt)).toBe(15 * 60_000);
    await enforceDiskLimits(backend.context);
    expect((await overview('over')).disk.stopsAt).toBe(told.disk.stopsAt);

    const earlier = new Date(Date.now() - 16 * 60_000);
    await backend.context.database.as('service', (tx) =>
      tx.agent.update({ where: { id: 'over' }, data: { startedAt: earlier, diskProblemSince: earlier } }),
    );
    await enforceDiskLimits(backend.context);
    await backend.settled('over');
    const stopped = await overview('over');
    expect([stopped.status, stopped.diskProblem, stopped.disk.stopsAt]).toEqual(['stopped', null, null]);
    expect(stopped.reason).toBe(
      `${sentence}. The platform stopped the agent. Start it and let it delete files within 15 minutes, or change its plan`,
    );
    expect((await container('over').inspect()).State.Running).toBe(false);

    expect((await ask('over', 'POST', 'start')).status).toBe(200);
    await enforceDiskLimits(backend.context);
    const again = await overview('over');
    expect([again.status, again.reason, again.diskProblem]).toEqual(['running', null, sentence]);
    await shell('over', `rm ${workspace}/large`);
    await enforceDiskLimits(backend.context);
    expect(await overview('over')).toMatchObject({ status: 'running', diskProblem: null, disk: { stopsAt: null } });
  });

  test('by more than its whole limit is stopped at once', async () => {
    await deploy('flood');
    await shell('flood', `dd if=/dev/urandom of=${workspace}/large bs=1M count=5 && sync`);
    plans.solo.diskBytes = 2 * MIB;
    await enforceDiskLimits(backend.context);
    await backend.settled('flood');
    expect(await overview('flood')).toMatchObject({ status: 'stopped', reason: expect.stringContaining('The platform stopped the agent') });
  });

  test('is found out where it hides data in a folder that nobody may read, and is not archived', async () => {
    await deploy('hidden');
    await shell(
      'hidden',
      `mkdir ${workspace}/hidden && dd if=/dev/urandom of=${workspace}/hidden/x bs=1M count=1 && chmod 000 ${workspace}/hidden`,
    );
    await enforceDiskLimits(backend.context);
    expect((await overview('hidden')).diskProblem).toContain('folders that cannot be read (1)');
    const { status, body } = await ask('hidden', 'POST', 'backups');
    expect([status, body.error]).toEqual([500, expect.stringContaining('folders that cannot be read (1)')]);
    await shell('hidden', `chmod 700 ${workspace}/hidden`);
  });

  test('does not keep the others from being measured, nor does an agent without a volume', async () => {
    await deploy('gone');
    await ask('gone', 'POST', 'stop');
    await container('gone').remove({ force: true });
    await docker.getVolume('openclaw-data-gone').remove();
    await backend.context.database.as('service', (tx) => tx.agent.update({ where: { id: 'gone' }, data: { state: 'running' } }));
    const before = (await row('measured')).diskMeasuredAt;
    await enforceDiskLimits(backend.context);
    expect(Number((await row('measured')).diskMeasuredAt)).toBeGreaterThan(Number(before));
    expect((await row('gone')).diskMeasuredAt).toBeNull();
  });
});

describe('a sparse file', () => {
  test('of 6 GiB is refused by a backup, an update and a memory reset, without a pause of the agent', async () => {
    await deploy('sparse', 'network');
    await shell('sparse', `truncate -s 6G ${workspace}/sparse`);
    const before = await startedAt('sparse');
    const paused: string[] = [];
    const events = (await docker.getEvents({ filters: { container: ['openclaw-sparse'], event: ['pause'] } })) as NodeJS.ReadableStream;
    events.on('data', (line) => paused.push(String(line)));
    const reason = "The agent's data has sparse files with 6.0 GiB of holes, which an archive reads in full: the maximum is 0.5 GiB";
    const begun = Date.now();
    const backup = await ask('sparse', 'POST', 'backups');
    expect([backup.status, backup.body.error]).toEqual([500, reason]);
    const update = await ask('sparse', 'POST', 'update', {});
    expect([update.status, update.body.error]).toEqual([500, reason]);
    expect(await startedAt('sparse')).toBe(before);
    expect(Date.now() - begun).toBeLessThan(60_000);
    const reset = await ask('sparse', 'POST', 'reset-memory');
    expect([reset.status, reset.body.error]).toEqual([500, `The memory could not be archived, so it was not cleared: ${reason}`]);
    expect(paused).toEqual([]);
    (events as unknown as { destroy(): void }).destroy();
    expect((await overview('sparse')).status).toBe('running');
  });

  test('longer than the plan allows counts in full', async () => {
    await deploy('long');
    await shell('long', `truncate -s 3G ${workspace}/sparse`);
    await enforceDiskLimits(backend.context);
    const problem = "The agent's files have a length of 3.0 GiB, more than the 2.0 GiB that its plan allows: sparse files count in full";
    expect((await overview('long')).diskProblem).toBe(problem);
    expect((await ask('long', 'POST', 'backups')).body.error).toBe(problem);
  });

  test('that appears after the measurement ends the archive, and leaves no file', async () => {
    await deploy('late');
    const { host } = backend.context;
    const { archive } = host;
    host.archive = async (name) => {
      await docker.getContainer(name).unpause();
      await shell('late', `truncate -s 3G ${workspace}/sparse`);
      return archive(name);
    };
    try {
      const files = await readdir(backend.config.BACKUP_DIR);
      const { status, body } = await ask('late', 'POST', 'backups');
      expect([status, body.error]).toEqual([500, "The agent's data grew too fast while it was archived. Try again"]);
      expect(await readdir(backend.config.BACKUP_DIR)).toEqual(files);
    } finally {
      host.archive = archive;
    }
  });
});

describe('without room on the disk', () => {
  const noRoom = (place: string) =>
    expect.stringMatching(new RegExp(`^There is not enough space ${place}: [\\d.]+ GiB are free, .* must stay free`));

  test('no backup, update or restore begins, and the agent keeps running', async () => {
    await deploy('full');
    const { id } = (await ask('full', 'POST', 'backups')).body.backup;
    const before = await startedAt('full');
    const files = await readdir(backend.config.BACKUP_DIR);
    backend.config.DISK_RESERVE_GIB = 1e6;
    for (const [rest, place] of [
      ['backups', 'for backups'],
      ['update', 'for backups'],
      [`backups/${id}/restore`, 'for the data of agents'],
    ] as const) {
      const { status, body } = await ask('full', 'POST', rest, rest === 'update' ? {} : undefined);
      expect([rest, status, body.error]).toEqual([rest, 500, noRoom(place)]);
    }
    expect([await startedAt('full'), await readdir(backend.config.BACKUP_DIR)]).toEqual([before, files]);
    expect((await overview('full')).status).toBe('running');
  });

  test('a backup that unpacks to more than the plan allows is not restored, also one of an older backend', async () => {
    await deploy('shrunk');
    await shell('shrunk', `dd if=/dev/urandom of=${workspace}/large bs=1M count=3`);
    const { id } = (await ask('shrunk', 'POST', 'backups')).body.backup;
    await shell('shrunk', `rm ${workspace}/large`);
    const before = await startedAt('shrunk');
    const stored = (dataBytes?: null) =>
      backend.context.database.as('service', (tx) =>
        dataBytes === null ? tx.backup.update({ where: { id }, data: { dataBytes } }) : tx.backup.findUniqueOrThrow({ where: { id } }),
      );
    expect(Number((await stored()).dataBytes)).toBeGreaterThan(3 * MIB);
    plans.solo.diskBytes = 2 * MIB;
    const refusal = { status: 500, body: { error: "The backup unpacks to more than the 0.0 GiB of disk that the agent's plan allows" } };
    expect(await ask('shrunk', 'POST', `backups/${id}/restore`)).toMatchObject(refusal);
    await stored(null);
    expect(await ask('shrunk', 'POST', `backups/${id}/restore`)).toMatchObject(refusal);
    expect(await startedAt('shrunk')).toBe(before);
    plans.solo.diskBytes = limitOfSolo;
    expect((await ask('shrunk', 'POST', `backups/${id}/restore`)).status).toBe(200);
    expect(await shell('shrunk', `ls ${workspace}`)).toContain('large');
  });
});

test('an agent is deleted while its volume is measured', async () => {
  await deploy('deleted');
  const measuring = await docker.createContainer({
    Image: IMAGE,
    HostConfig: { Mounts: [{ Type: 'volume', Source: 'openclaw-data-deleted', Target: '/opt/agentbot/volumes/x', ReadOnly: true }] },
  });
  const deletion = backend.machine(undefined, 'DELETE', '/api/agents/deleted');
  await sleep(3_000);
  await measuring.remove({ force: true });
  expect((await deletion).body).toEqual({ id: 'deleted', deleted: true });
  await expect(docker.getVolume('openclaw-data-deleted').inspect()).rejects.toMatchObject({ statusCode: 404 });
});

test('an agent does not start in a runtime that the engine does not know, and the error says so', async () => {
  const other = await startBackendWithDocker('runtime', { OPENCLAW_IMAGE: IMAGE, AGENT_RUNTIME: 'no-such-runtime' });
  try {
    const config = { telegramToken: canary('1:'), plan: 'network' };
    const { status } = await other.machine(undefined, 'POST', '/api/deployments', { agentId: 'runtime', config });
    expect(status).toBe(500);
    const { state, stateReason } = await other.context.database.as('service', (tx) =>
      tx.agent.findUniqueOrThrow({ where: { id: 'runtime' } }),
    );
    expect([state, stateReason]).toEqual(['error', 'The engine has no runtime no-such-runtime: AGENT_RUNTIME must name one of its own']);
  } finally {
    await other.stop();
  }
});
