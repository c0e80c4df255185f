import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import Docker from 'dockerode';
import { applyRetention, removeOldBackups } from '../src/domain/backups/retention.ts';
import { beginScheduledBackups } from '../src/domain/backups/scheduled-backups.ts';
import { deleteOldLogs } from '../src/domain/telemetry/logs/log-store.ts';
import { listViews } from '../src/domain/telemetry/logs/log-views.ts';
import { deleteOldUsage, writeSamples } from '../src/domain/telemetry/stats/usage-store.ts';
import { createUsageWriter } from '../src/domain/telemetry/stats/usage-writer.ts';
import { holdsLease, withLock } from '../src/infra/database/lease.ts';
import { createDockerHost } from '../src/infra/docker/docker-host.ts';
import { randomName } from '../src/shared/ids.ts';
import { planRestart, restartDueAgents } from '../src/workers/crash-restart.ts';
import { collectGarbage } from '../src/workers/garbage-collector.ts';
import { adoptAgentsWithoutContainer, endLostOperations } from '../src/workers/reconciler.ts';
import { resumeStaleReplies } from '../src/workers/reply-resumer.ts';
import { removeLeftovers, startBackend } from './backend.ts';
import { atDatabaseTime, createTestClock } from './test-clock.ts';

// Schedules, back-off, retention and windows just before, at and just after their edges. The clocks stand still at times years
// ahead, so code that asks the system for the time fails here.

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const start = new Date('2041-03-05T12:34:56.000Z');
const after = (ms: number, from = start) => new Date(from.getTime() + ms);
const installation = `test-schedules-${randomName(4)}`;

const clock = createTestClock();
let backend: Awaited<ReturnType<typeof startBackend>>;
let host: ReturnType<typeof createDockerHost>;

beforeAll(async () => {
  backend = await startBackend({ INSTALLATION: installation, RECONCILE_SECONDS: '3600' }, clock);
  host = createDockerHost(process.env.DOCKER_HOST, installation, { isPullAllowed: () => false, log: backend.context.log });
});
afterAll(async () => {
  await backend.stop();
  await removeLeftovers(installation);
});

const service = <T>(work: Parameters<typeof backend.context.database.as<T>>[1]) => backend.context.database.as('service', work);
/** The backend's context with the clock at `now`, and with the machine's engine. */
const contextAt = (now: Date) => ({ ...backend.context, host, clock: { now: () => now } });
const atDatabase = <T>(time: Date, work: () => Promise<T>) => atDatabaseTime(backend.config.DATABASE_URL, time, work);

async function newAgent(data: object = {}) {
  const user = `user_${randomName(12)}`;
  await service((tx) => tx.user.create({ data: { id: user, email: `${user}@example.com` } }));
  await clock.at(start, () => backend.beginSession(user));
  const { id } = (await backend.machine(user, 'POST', '/api/agents', { name: 'Timed' })).body as { id: string };
  await service((tx) => tx.agent.update({ where: { id }, data }));
  const read = () => service((tx) => tx.agent.findUniqueOrThrow({ where: { id } }));
  return { user, id, read };
}

describe('a backup schedule of every 6 hours', () => {
  test('is due 6 hours after it was set, and again 6 hours after each backup', async () => {
    const { user, id, read } = await newAgent();
    await clock.at(start, () => backend.as(user, 'PUT', `/api/agents/${id}/backups/schedule`, { everyHours: 6 }));
    expect((await read()).nextBackupAt).toEqual(after(6 * HOUR_MS));
    await beginScheduledBackups(contextAt(after(6 * HOUR_MS - 1)));
    expect((await read()).nextBackupAt).toEqual(after(6 * HOUR_MS));
    await beginScheduledBackups(contextAt(after(6 * HOUR_MS)));
    expect((await read()).nextBackupAt).toEqual(after(12 * HOUR_MS));
    // Late, as after an outage: the interval counts from the backup that was made.
    await beginScheduledBackups(contextAt(after(30 * HOUR_MS)));
    expect((await read()).nextBackupAt).toEqual(after(36 * HOUR_MS));
  });

  test('that is switched off is never due', async () => {
    const { user, id, read } = await newAgent({ backupEveryHours: 6, nextBackupAt: start });
    await clock.at(start, () => backend.as(user, 'PUT', `/api/agents/${id}/backups/schedule`, { everyHours: null }));
    await beginScheduledBackups(contextAt(after(365 * DAY_MS)));
    expect(await read()).toMatchObject({ backupEveryHours: null, nextBackupAt: null });
  });
});

// docs/architecture/containers.md: "Retention: 10 backups and 30 days unless the owner says otherwise. The newest backup always stays".
describe('backups', () => {
  async function storeBackups(agentId: string, ownerId: string, times: Date[]) {
    const rows = times.map((createdAt, index) => {
      const id = `bk_${agentId.slice(-6)}${index}`;
      return { id, agentId, ownerId, cause: 'manual', name: `${id}.tar.gz`, sizeBytes: 1n, sha256: 'x', createdAt };
    });
    await service((tx) => tx.backup.createMany({ data: rows }));
  }
  const kept = async (agentId: string) =>
    (await service((tx) => tx.backup.findMany({ where: { agentId }, orderBy: { createdAt: 'desc' } }))).map(({ createdAt }) => createdAt);
  const ages = (times: number[]) => times.map((ms) => after(-ms));

  test('are kept for 30 days where the owner sets nothing', async () => {
    const { user, id } = await newAgent();
    await storeBackups(id, user, ages([DAY_MS, 30 * DAY_MS]));
    await removeOldBackups(contextAt(start));
    expect(await kept(id)).toEqual(ages([DAY_MS, 30 * DAY_MS]));
    await removeOldBackups(contextAt(after(1)));
    expect(await kept(id)).toEqual(ages([DAY_MS]));
  });

  test('are kept for as many days as the owner sets, and the newest for ever', async () => {
    const { user, id } = await newAgent({ backupKeepDays: 2 });
    await storeBackups(id, user, ages([DAY_MS, 2 * DAY_MS, 2 * DAY_MS + 1]));
    await removeOldBackups(contextAt(start));
    expect(await kept(id)).toEqual(ages([DAY_MS, 2 * DAY_MS]));
    await removeOldBackups(contextAt(after(365 * DAY_MS)));
    expect(await kept(id)).toEqual(ages([DAY_MS]));
  });

  test('are kept up to ten, or up to the owner’s number', async () => {
    const { user, id, read } = await newAgent();
    const times = ages(Array.from({ length: 11 }, (_, index) => index * HOUR_MS));
    await storeBackups(id, user, times);
    expect(await applyRetention(contextAt(start), await read())).toBe(1);
    expect(await kept(id)).toEqual(times.slice(0, 10));
    expect((await clock.at(start, () => backend.as(user, 'GET', `/api/agents/${id}/backups`))).body.schedule).toMatchObject({
      keep: 10,
      keepDays: 30,
    });
    await service((tx) => tx.agent.update({ where: { id }, data: { backupKeep: 3 } }));
    expect(await applyRetention(contextAt(start), await read())).toBe(7);
    expect(await kept(id)).toEqual(times.slice(0, 3));
  });
});

// docs/architecture/containers.md: started again "at once, then after 4, 8, 16 and 32 seconds. After five recoveries within the window
// the agent stays in `error`".
describe('a crashed agent', () => {
  const crash = (id: string, now: Date) => service((tx) => planRestart(tx, contextAt(now), id, 'It exited'));
  const restart = (agentId: string, ownerId: string, createdAt: Date, cause = 'recovery') =>
    service((tx) =>
      tx.operation.create({
        data: {
          id: `op_${randomName(12)}`,
          agentId,
          ownerId,
          kind: 'start',
          state: 'succeeded',
          input: { cause },
          createdAt,
          finishedAt: createdAt,
        },
      }),
    );

  test('is restarted at once, then after 4, 8, 16 and 32 seconds, and not a sixth time', async () => {
    const { user, id } = await newAgent();
    const waits: (number | null)[] = [];
    for (let restarts = 0; restarts <= 5; restarts++) {
      const { giveUp, change } = await crash(id, start);
      expect(giveUp).toBe(restarts === 5);
      waits.push(change.recoverAt && change.recoverAt.getTime() - start.getTime());
      await restart(id, user, start);
    }
    expect(waits).toEqual([0, 4_000, 8_000, 16_000, 32_000, null]);
  });

  // Ten minutes, and the 240 seconds in which an agent may become ready for each of the six starts: 10 min + 6 · 4 min.
  test('is restarted at once again when the last crash is 34 minutes ago', async () => {
    const { user, id } = await newAgent();
    expect(backend.config.READY_TIMEOUT_SECONDS).toBe(240);
    await restart(id, user, start);
    const waitAt = async (now: Date) => Number((await crash(id, now)).change.recoverAt) - now.getTime();
    expect([await waitAt(after(34 * MINUTE_MS - 1)), await waitAt(after(34 * MINUTE_MS))]).toEqual([4_000, 0]);
  });

  test('has no starts of its owner counted', async () => {
    const { user, id } = await newAgent();
    await restart(id, user, start, 'renewal');
    expect((await crash(id, start)).change.recoverAt).toEqual(start);
  });

  test('is not restarted before the planned time', async () => {
    // An owner stopped it meanwhile, so the due restart is only dropped.
    const { read } = await newAgent({ state: 'stopped', recoverAt: start });
    await restartDueAgents(contextAt(after(-1)));
    expect((await read()).recoverAt).toEqual(start);
    await restartDueAgents(contextAt(start));
    expect((await read()).recoverAt).toBeNull();
  });
});

test('an operation without a job fails 15 seconds after its creation', async () => {
  const { user, id, read } = await newAgent({ state: 'updating' });
  const operation = { id: `op_${randomName(12)}`, agentId: id, ownerId: user, kind: 'update', createdAt: start };
  await service((tx) => tx.operation.create({ data: { ...operation, input: {}, agentBefore: { state: 'running', image: null } } }));
  await endLostOperations(contextAt(after(15 * SECOND_MS)));
  expect((await read()).state).toBe('updating');
  await endLostOperations(contextAt(after(15 * SECOND_MS + 1)));
  expect(await read()).toMatchObject({ state: 'error', stateReason: expect.stringContaining('could not be resumed') });
});

test('an agent without a container is adopted ten minutes after a failed adoption', async () => {
  const { user, id } = await newAgent({ runtime: 'api', state: 'running' });
  const operation = { id: `op_${randomName(12)}`, agentId: id, ownerId: user, kind: 'provision', state: 'failed' as const };
  await service((tx) => tx.operation.create({ data: { ...operation, input: {}, createdAt: start, finishedAt: start } }));
  // A queue without a worker: only the beginning of the operation is of interest.
  await backend.context.boss.offWork('agent-operations');
  const open = () => service((tx) => tx.operation.count({ where: { agentId: id, finishedAt: null } }));
  await adoptAgentsWithoutContainer(contextAt(after(10 * MINUTE_MS - 1)));
  expect(await open()).toBe(0);
  await adoptAgentsWithoutContainer(contextAt(after(10 * MINUTE_MS)));
  expect(await open()).toBe(1);
});

// docs/architecture/containers.md: "Containers and networks … that no agent owns are removed once they are 15 minutes old. Volumes
// … are noted, and removed only with `SWEEP_VOLUMES=true` after seven days."
test('orphans are removed after 15 minutes, and orphan volumes after seven days with SWEEP_VOLUMES', async () => {
  const docker = new Docker();
  const id = `nobody${randomName(6)}`;
  const Labels = { 'agentbot.installation': installation, 'agentbot.agent': id };
  const [network, volume] = [`openclaw-net-${id}`, `openclaw-data-${id}`];
  // The engine cuts a volume's time to whole seconds: created first, the volume is never younger than the network.
  await docker.createVolume({ Name: volume, Labels });
  await docker.createNetwork({ Name: network, Labels });
  const remaining = async () => (await host.owned(installation)).objects.map(({ name }) => name).sort();
  const { objects: found } = await host.owned(installation);
  const createdAt = (name: string) => found.find((object) => object.name === name)?.createdAt as Date;
  const sweep = (now: Date, SWEEP_VOLUMES = false) => collectGarbage({ ...contextAt(now), config: { ...backend.config, SWEEP_VOLUMES } });

  await sweep(after(15 * MINUTE_MS, createdAt(network)));
  expect(await remaining()).toEqual([volume, network].sort());
  const first = after(15 * MINUTE_MS + 1, createdAt(network));
  await sweep(first, true);
  expect(await remaining()).toEqual([volume]);
  // The volume's time has whole seconds: it may have become old enough a moment earlier.
  const { foundAt } = await service((tx) => tx.orphan.findFirstOrThrow({ where: { name: volume } }));
  expect([first, after(15 * MINUTE_MS, createdAt(network))]).toContainEqual(foundAt);
  await sweep(after(7 * DAY_MS, foundAt), true);
  await sweep(after(8 * DAY_MS, foundAt), false);
  expect(await remaining()).toEqual([volume]);
  await sweep(after(7 * DAY_MS + 1, foundAt), true);
  expect(await remaining()).toEqual([]);
});

// docs/adr/0008-logs-and-figures-in-postgres.md: "the last 10,000 lines or seven days".
test('the lines of a log are deleted after seven days', async () => {
  const { user, id } = await newAgent();
  const nanoseconds = (time: Date) => BigInt(time.getTime()) * 1_000_000n;
  const ids = [nanoseconds(start), nanoseconds(start) + 1n];
  const chunk = { agentId: id, ownerId: user, size: 1, counts: [0, 0, 1, 0, 0, 0], records: '[]' };
  await service((tx) => tx.logChunk.createMany({ data: ids.map((lastId) => ({ ...chunk, lastId, firstId: lastId })) }));
  const stored = async (now: Date) => {
    await deleteOldLogs(contextAt(now));
    return service((tx) => tx.logChunk.count({ where: { agentId: id } }));
  };
  expect([await stored(after(7 * DAY_MS)), await stored(after(7 * DAY_MS + 1))]).toEqual([2, 0]);
});

// The contract's route: "per minute for a day, or per hour for 30 days".
describe('the usage of a container', () => {
  const usage = { memory: 64, memoryLimit: 128, received: 1, sent: 2, read: 3, written: 4, pids: 5 };
  const point = { samples: 1, cpu: 0.5, memory: 64, memoryLimit: 128n, received: 1n, sent: 2n, read: 3n, written: 4n, pids: 5 };

  test('is deleted after a day per minute, and after 30 days per hour', async () => {
    const { user, id } = await newAgent();
    const row = { ...point, agentId: id, ownerId: user, at: start };
    await service((tx) => tx.usagePoint.createMany({ data: ['minute', 'hour'].map((grain) => ({ ...row, grain })) }));
    const stored = async (now: Date) => {
      await deleteOldUsage(contextAt(now));
      return (await service((tx) => tx.usagePoint.findMany({ where: { agentId: id } }))).map(({ grain }) => grain).sort();
    };
    expect(await stored(after(DAY_MS))).toEqual(['hour', 'minute']);
    expect(await stored(after(DAY_MS + 1))).toEqual(['hour']);
    expect(await stored(after(30 * DAY_MS))).toEqual(['hour']);
    expect(await stored(after(30 * DAY_MS + 1))).toEqual([]);
  });

  test('is stored under its minute and its hour, and is stale after its lifetime', async () => {
    const { user, id } = await newAgent({ state: 'running' });
    const sample = (cpu: number) => new Map([[id, { ...usage, cpu, samples: 1 }]]);
    for (const time of [start, after(3 * SECOND_MS), after(4 * SECOND_MS), after(25 * MINUTE_MS + 4 * SECOND_MS)]) {
      await atDatabase(time, () => service((tx) => writeSamples(tx, sample(0.25), sample(0.25), 10 * SECOND_MS)));
    }
    const points = await service((tx) => tx.usagePoint.findMany({ where: { agentId: id }, orderBy: [{ grain: 'asc' }, { at: 'asc' }] }));
    expect(points.map(({ grain, at, samples }) => [grain, at.toISOString(), samples])).toEqual([
      ['hour', '2041-03-05T12:00:00.000Z', 3],
      ['hour', '2041-03-05T13:00:00.000Z', 1],
      ['minute', '2041-03-05T12:34:00.000Z', 2],
      ['minute', '2041-03-05T12:35:00.000Z', 1],
      ['minute', '2041-03-05T13:00:00.000Z', 1],
    ]);
    const stale = after(25 * MINUTE_MS + 14 * SECOND_MS);
    const cpu = async (time: Date) => (await clock.at(time, () => backend.as(user, 'GET', `/api/openclaw/instances/${id}/stats`))).body.cpu;
    expect([await cpu(after(-1, stale)), await cpu(stale), await cpu(after(1, stale))]).toEqual(['25.00%', 'N/A', 'N/A']);
  });

  test('is summed over the samples between two writes', async () => {
    const { id } = await newAgent({ state: 'running' });
    const writer = createUsageWriter(backend.context, () => 10 * SECOND_MS);
    const sample = {
      systemCpu: 0,
      cpu: 0,
      onlineCpus: 2,
      memory: 100,
      memoryLimit: 1_000,
      received: 50,
      sent: 0,
      read: 0,
      written: 0,
      pids: 3,
    };
    writer.add(id, sample);
    // A tenth, then a fifth of the time of two CPUs: 0.2 and 0.4 of one CPU.
    writer.add(id, { ...sample, systemCpu: 10, cpu: 1, memory: 200, received: 150 });
    writer.add(id, { ...sample, systemCpu: 20, cpu: 3, memory: 400, received: 350 });
    await writer.run(AbortSignal.abort());
    const [point] = await service((tx) => tx.usagePoint.findMany({ where: { agentId: id, grain: 'minute' } }));
    expect(point).toMatchObject({ samples: 2, cpu: expect.closeTo(0.3), memory: 300, received: 300n, pids: 3 });
  });

  test('is shown for a day per minute, for 30 days per hour, and in the overview for 30 minutes', async () => {
    const { user, id } = await newAgent();
    const row = { ...point, agentId: id, ownerId: user, at: start };
    await service((tx) => tx.usagePoint.createMany({ data: ['minute', 'hour'].map((grain) => ({ ...row, grain })) }));
    const points = async (now: Date, range: string) =>
      (await clock.at(now, () => backend.machine(user, 'GET', `/api/agents/${id}/stats/history?range=${range}`))).body.history.points
        .length;
    expect([await points(after(DAY_MS - 1), 'day'), await points(after(DAY_MS), 'day')]).toEqual([1, 0]);
    expect([await points(after(30 * DAY_MS - 1), 'month'), await points(after(30 * DAY_MS), 'month')]).toEqual([1, 0]);
    const figures = async (now: Date) =>
      (await atDatabase(now, () => clock.at(start, () => backend.as(user, 'GET', `/api/agents/${id}/overview`)))).body.agent.figures;
    expect([await figures(after(30 * MINUTE_MS - 1)), await figures(after(30 * MINUTE_MS))]).toEqual([{ cpu: [50], memory: [50] }, null]);
  });
});

test('messages count for an hour, and one without an answer counts as failed after two minutes', async () => {
  const { user, id } = await newAgent();
  await service(async (tx) => {
    await tx.chatSession.create({ data: { id: `s_${id}`, agentId: id, ownerId: user, platform: 'telegram' } });
    const message = { agentId: id, ownerId: user, sessionId: `s_${id}`, platform: 'telegram', content: 'x' };
    await tx.message.create({ data: { ...message, id: `m1_${id}`, sender: 'user', createdAt: after(-1) } });
    await tx.message.create({ data: { ...message, id: `m2_${id}`, sender: 'agent', createdAt: start } });
    await tx.message.create({ data: { ...message, id: `m3_${id}`, sender: 'user', createdAt: start } });
  });
  const stats = async (now: Date) => (await clock.at(now, () => backend.machine(user, 'GET', `/api/agents/${id}/stats`))).body.stats;
  expect((await stats(after(HOUR_MS - 2))).messagesPerHour).toBe(2);
  expect((await stats(after(HOUR_MS - 1))).messagesPerHour).toBe(1);
  expect(await stats(after(HOUR_MS))).toMatchObject({ messagesPerHour: 0, messagesProcessed: 2 });
  expect(await stats(after(2 * MINUTE_MS))).toMatchObject({ successRate: '100.00', errorRate: '0.00' });
  expect(await stats(after(2 * MINUTE_MS + 1))).toMatchObject({ successRate: '50.00', errorRate: '50.00' });
});

test('the health of the installation counts the operations of a day', async () => {
  const { user, id } = await newAgent();
  const operation = { agentId: id, ownerId: user, kind: 'start', input: {}, state: 'failed' as const };
  await service((tx) => tx.operation.create({ data: { ...operation, id: `op_${randomName(12)}`, createdAt: start, finishedAt: start } }));
  await service((tx) => tx.operation.deleteMany({ where: { finishedAt: { not: null }, agentId: { not: id } } }));
  const health = async (now: Date) => (await clock.at(now, () => backend.machine(undefined, 'GET', '/api/admin/health'))).body.health;
  expect(await health(after(DAY_MS))).toMatchObject({ at: after(DAY_MS).toISOString(), queue: { failedToday: 1 } });
  expect(await health(after(DAY_MS + 1))).toMatchObject({ queue: { failedToday: 0 } });
});

// The database's clock decides what several processes share. docs/architecture/telemetry.md: a lease "expires after six seconds".
describe('at the database', () => {
  test('a lease is held until it expires, and for six seconds after a claim', async () => {
    const name = `lease-${randomName(6)}`;
    await service((tx) => tx.lease.create({ data: { name, holder: 'other', expiresAt: start } }));
    const holds = (now: Date) => atDatabase(now, () => service((tx) => holdsLease(tx, name, 'other')));
    expect([await holds(after(-1)), await holds(start), await holds(after(1))]).toEqual([true, false, false]);
    const claimedAt = (now: Date) =>
      atDatabase(now, async () => {
        let row: { expiresAt: Date } | undefined;
        const claim = withLock(backend.context, name, async () => {
          row = await service((tx) => tx.lease.findUniqueOrThrow({ where: { name } }));
        });
        await Promise.race([claim, new Promise((resolve) => setTimeout(resolve, 300))]);
        const expiresAt = row?.expiresAt;
        await service((tx) => tx.lease.deleteMany({ where: { name } }));
        await claim;
        return expiresAt;
      });
    expect(await claimedAt(start)).toBeUndefined();
    await service((tx) => tx.lease.create({ data: { name, holder: 'other', expiresAt: start } }));
    expect(await claimedAt(after(1))).toEqual(after(6 * SECOND_MS + 1));
  });

  test('the viewers of a process count for 30 seconds after its heartbeat', async () => {
    const { user, id } = await newAgent();
    await service((tx) => tx.logView.create({ data: { agentId: id, processId: 'p', ownerId: user, clients: 2, seenAt: start } }));
    const viewers = (now: Date) => atDatabase(now, () => listViews(backend.context.database, { userId: user }));
    expect(await viewers(after(30 * SECOND_MS - 1))).toEqual([{ agentId: id, clients: 2 }]);
    expect(await viewers(after(30 * SECOND_MS))).toEqual([]);
  });

  test('a reply is resumed 20 seconds after its last heartbeat', async () => {
    const { user, id } = await newAgent();
    const message = { id: `r_${id}`, agentId: id, ownerId: user, sessionId: `s_${id}`, sender: 'user', content: 'x' };
    await service(async (tx) => {
      await tx.chatSession.create({ data: { id: `s_${id}`, agentId: id, ownerId: user } });
      await tx.message.create({ data: message });
    });
    // A new reply gets its first heartbeat from the database.
    await atDatabase(start, () => service((tx) => tx.reply.create({ data: { id: message.id, agentId: id, ownerId: user } })));
    const aliveAt = async (now: Date) => {
      await atDatabase(now, () => resumeStaleReplies({ ...backend.context, background: () => undefined }));
      return (await service((tx) => tx.reply.findUniqueOrThrow({ where: { id: message.id } }))).aliveAt;
    };
    expect(await aliveAt(after(20 * SECOND_MS))).toEqual(start);
    expect(await aliveAt(after(20 * SECOND_MS + 1))).toEqual(after(20 * SECOND_MS + 1));
  });
});
