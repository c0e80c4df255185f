import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { startBucket } from '@agentbot/test-doubles/bucket';
import { canary } from '@agentbot/test-doubles/canaries';
import { makeStandIn } from '@agentbot/test-doubles/stand-in';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { removeOldBackups } from '../src/domain/backups/retention.ts';
import { beginScheduledBackups } from '../src/domain/backups/scheduled-backups.ts';
import { createSteps } from '../src/domain/operations/steps.ts';
import { collectGarbage } from '../src/workers/garbage-collector.ts';
import { INTERNAL_KEY, startBackendWithDocker, type TestBackend } from './backend.ts';
import { containersOn } from './containers.ts';

/** Backups, restores and their schedule, and operations that are shared, refused or cancelled. */

const IMAGE = 'agentbot/openclaw-test:stand-in-kept';
const SLOW = 'agentbot/openclaw-test:stand-in-kept-slow';
const { container, docker, writeNote, readNote, shell } = containersOn();
const remove: (() => Promise<void>)[] = [];
let backend: TestBackend;
let sealed: TestBackend;
let bucket: Awaited<ReturnType<typeof startBucket>>;

beforeAll(async () => {
  remove.push(await makeStandIn('agentbot/openclaw:2026.3.13', IMAGE));
  remove.push(await makeStandIn('agentbot/openclaw:2026.3.13', SLOW, 'never-ready'));
  bucket = await startBucket({ accessKeyId: 'key-of-the-bucket', secretAccessKey: canary('secret-of-the-bucket-') });
  [backend, sealed] = await Promise.all([
    startBackendWithDocker('backups', { OPENCLAW_IMAGE: IMAGE }),
    startBackendWithDocker('sealed', {
      OPENCLAW_IMAGE: IMAGE,
      BACKUP_ENCRYPTION: 'true',
      BACKUP_S3_BUCKET: 'kept',
      BACKUP_S3_ENDPOINT: bucket.url,
      BACKUP_S3_ACCESS_KEY_ID: 'key-of-the-bucket',
      BACKUP_S3_SECRET_ACCESS_KEY: canary('secret-of-the-bucket-'),
    }),
  ]);
});
afterAll(async () => {
  await Promise.all([backend?.stop(), sealed?.stop()]);
  await bucket?.close();
  for (const each of remove) await each();
});

const deploy = (on: TestBackend, id: string) =>
  on.machine(undefined, 'POST', '/api/deployments', { agentId: id, config: { telegramToken: canary('1:'), plan: 'network' } });
const ask = (on: TestBackend, id: string, method: string, rest: string, body?: unknown) =>
  on.machine(undefined, method, `/api/agents/${id}/${rest}`, body);
const chat = async (on: TestBackend, id: string, message: string) =>
  (await on.machine(undefined, 'POST', '/api/chat', { agentId: id, message })).body.reply;
const workspace = '/home/node/.openclaw/workspace';
const download = (on: TestBackend, id: string, backupId: string) =>
  fetch(`${on.url}/api/agents/${id}/backups/${backupId}/download`, { headers: { authorization: `Bearer ${INTERNAL_KEY}` } });

describe('a backup', () => {
  let first: { id: string; sha256: string; sizeBytes: number };

  test('of a running agent is a file in BACKUP_DIR, and the agent keeps running', async () => {
    await deploy(backend, 'kept');
    await writeNote('kept', 'first');
    const { startedAt } = (await ask(backend, 'kept', 'GET', '')).body;
    const { status, body } = await ask(backend, 'kept', 'POST', 'backups');
    expect([status, body]).toEqual([
      201,
      { backup: expect.objectContaining({ cause: 'manual', encrypted: false, image: IMAGE }), status: 'ok' },
    ]);
    first = body.backup;
    const [name = ''] = await readdir(backend.config.BACKUP_DIR);
    const content = await readFile(path.join(backend.config.BACKUP_DIR, name));
    expect([content.length, createHash('sha256').update(content).digest('hex')]).toEqual([first.sizeBytes, first.sha256]);
    expect(await chat(backend, 'kept', 'Still there?')).toBe('You said: Still there?');
    expect((await container('kept').inspect()).State.StartedAt.slice(0, 19)).toBe(startedAt.slice(0, 19));
  });

  test('is downloaded as a gzipped tar, and every backup route answers 404 to another account', async () => {
    const file = await download(backend, 'kept', first.id);
    const tar = gunzipSync(await file.bytes());
    expect(tar.includes('workspace/note')).toBe(true);
    const stranger = await backend.account();
    for (const [method, rest] of [
      ['GET', 'backups'],
      ['POST', 'backups'],
      ['GET', `backups/${first.id}/download`],
      ['POST', `backups/${first.id}/restore`],
      ['DELETE', `backups/${first.id}`],
      ['PUT', 'backups/schedule'],
    ] as const) {
      const body = method === 'PUT' ? { everyHours: 1 } : undefined;
      expect((await backend.machine(stranger, method, `/api/agents/kept/${rest}`, body)).status).toBe(404);
    }
  });

  test('is restored into a new container without later files', async () => {
    await writeNote('kept', 'second');
    await shell('kept', `echo extra > ${workspace}/extra`);
    // Stopped first: the crash restart would start a running agent again.
    await ask(backend, 'kept', 'POST', 'stop');
    await container('kept').remove({ force: true });
    await docker.getVolume('openclaw-data-kept').remove({ force: true });
    const restored = await ask(backend, 'kept', 'POST', `backups/${first.id}/restore`);
    expect(restored.body).toEqual({ success: true, status: 'stopped', message: 'Backup restored successfully' });
    await ask(backend, 'kept', 'POST', 'start');
    expect(await readNote('kept')).toBe('first');
    expect(await shell('kept', `ls ${workspace}`)).not.toContain('extra');
    expect(await chat(backend, 'kept', 'And now?')).toBe('You said: And now?');
    const { backups } = (await ask(backend, 'kept', 'GET', 'backups')).body;
    // There was no data to archive before the restore.
    expect(backups.map(({ cause }: { cause: string }) => cause)).toEqual(['manual']);
  });

  test('is restored to a running agent, and the agent runs again', async () => {
    await writeNote('kept', 'second');
    const restored = await ask(backend, 'kept', 'POST', `backups/${first.id}/restore`);
    expect(restored.body).toEqual({ success: true, status: 'active', message: 'Backup restored successfully' });
    expect(await readNote('kept')).toBe('first');
  });

  test('is restored to a stopped agent, and the agent stays stopped', async () => {
    await writeNote('kept', 'third');
    await ask(backend, 'kept', 'POST', 'stop');
    const { id } = (await ask(backend, 'kept', 'POST', 'backups')).body.backup;
    expect((await ask(backend, 'kept', 'POST', `backups/${first.id}/restore`)).body.status).toBe('stopped');
    expect((await ask(backend, 'kept', 'POST', `backups/${id}/restore`)).body.status).toBe('stopped');
    await ask(backend, 'kept', 'POST', 'start');
    expect(await readNote('kept')).toBe('third');
  });

  test('with a wrong checksum is not restored, and the agent keeps running', async () => {
    const { id } = (await ask(backend, 'kept', 'POST', 'backups')).body.backup;
    const names = (await readdir(backend.config.BACKUP_DIR)).sort();
    await writeFile(path.join(backend.config.BACKUP_DIR, names.at(-1) ?? ''), 'rubbish');
    const before = (await container('kept').inspect()).State.StartedAt;
    const { status, body } = await ask(backend, 'kept', 'POST', `backups/${id}/restore`);
    expect([status, body.error]).toEqual([500, 'The backup is damaged: its checksum differs']);
    expect((await download(backend, 'kept', id)).status).toBe(500);
    expect((await container('kept').inspect()).State.StartedAt).toBe(before);
    expect((await ask(backend, 'kept', 'DELETE', `backups/${id}`)).body).toEqual({ id, deleted: true });
  });

  test('is created by the schedule once it is due, and retention removes old backups', async () => {
    const { body } = await ask(backend, 'kept', 'PUT', 'backups/schedule', { everyHours: 6, keep: 2, keepDays: 7 });
    expect(body.schedule).toMatchObject({ everyHours: 6, keep: 2, keepDays: 7 });
    expect(Date.parse(body.schedule.nextAt) - Date.now()).toBeGreaterThan(5.9 * 3_600_000);
    await beginScheduledBackups(backend.context);
    const { database } = backend.context;
    const causes = async () =>
      (await ask(backend, 'kept', 'GET', 'backups')).body.backups.map(({ cause }: { cause: string }) => cause) as string[];
    expect(await causes()).not.toContain('schedule');
    await database.as('service', (tx) => tx.agent.updateMany({ where: { id: 'kept' }, data: { nextBackupAt: new Date() } }));
    await Promise.all([beginScheduledBackups(backend.context), beginScheduledBackups(backend.context)]);
    await backend.settled('kept');
    expect((await causes()).filter((cause) => cause === 'schedule')).toHaveLength(1);
    expect(await causes()).toHaveLength(2);
    expect(await readdir(backend.config.BACKUP_DIR)).toHaveLength(2);
    const longAgo = new Date(Date.now() - 8 * 24 * 3_600_000);
    await database.as('service', (tx) => tx.backup.updateMany({ data: { createdAt: longAgo } }));
    await ask(backend, 'kept', 'POST', 'backups');
    expect(await causes()).toEqual(['manual']);
    // Retention also runs without a new backup. It keeps the newest one at any age.
    await ask(backend, 'kept', 'POST', 'backups');
    await database.as('service', (tx) => tx.backup.updateMany({ data: { createdAt: longAgo } }));
    const { id: newest } = (await ask(backend, 'kept', 'GET', 'backups')).body.backups[0];
    await database.as('service', (tx) =>
      tx.backup.update({ where: { id: newest }, data: { createdAt: new Date(longAgo.getTime() + 1000) } }),
    );
    await removeOldBackups(backend.context);
    expect((await ask(backend, 'kept', 'GET', 'backups')).body.backups.map(({ id }: { id: string }) => id)).toEqual([newest]);
    expect((await backend.context.boss.getSchedules()).map(({ name }) => name)).toEqual(
      expect.arrayContaining(['scheduled-backups', 'sweep']),
    );
  });

  test('is deleted together with its agent', async () => {
    await backend.machine(undefined, 'DELETE', '/api/agents/kept');
    expect(await readdir(backend.config.BACKUP_DIR)).toEqual([]);
  });

  test('in a bucket is encrypted, downloads in clear and is restored', async () => {
    await deploy(sealed, 'far');
    await writeNote('far', 'words-of-the-agent');
    // Large enough for a multipart upload.
    await shell('far', `dd if=/dev/urandom of=${workspace}/large bs=1M count=12 2>/dev/null`);
    const sum = await shell('far', `sha256sum ${workspace}/large`);
    const { body } = await ask(sealed, 'far', 'POST', 'backups');
    expect(body.backup).toMatchObject({ encrypted: true, sizeBytes: expect.any(Number) });
    const [[key = '', stored] = []] = [...bucket.objects];
    expect(key).toMatch(/^\/kept\/far_.*\.tar\.gz\.enc$/);
    expect([
      stored?.length,
      createHash('sha256')
        .update(stored as Buffer)
        .digest('hex'),
    ]).toEqual([body.backup.sizeBytes, body.backup.sha256]);
    expect(() => gunzipSync(stored as Buffer)).toThrow();
    expect(await readdir(sealed.config.BACKUP_DIR)).toEqual([]);
    expect(gunzipSync(await (await download(sealed, 'far', body.backup.id)).bytes()).includes('words-of-the-agent')).toBe(true);
    await writeNote('far', 'lost');
    await shell('far', `rm ${workspace}/large`);
    expect((await ask(sealed, 'far', 'POST', `backups/${body.backup.id}/restore`)).status).toBe(200);
    expect([await readNote('far'), await shell('far', `sha256sum ${workspace}/large`)]).toEqual(['words-of-the-agent', sum]);
    for (const { id } of (await ask(sealed, 'far', 'GET', 'backups')).body.backups.slice(1)) {
      await ask(sealed, 'far', 'DELETE', `backups/${id}`);
    }
    expect(bucket.objects.size).toBe(1);
  });

  test('of a deleted agent is removed by a later garbage collection when its store refused', async () => {
    bucket.keepAll(true);
    await sealed.machine(undefined, 'DELETE', '/api/agents/far');
    expect((await ask(sealed, 'far', 'GET', '')).status).toBe(404);
    await collectGarbage(sealed.context);
    expect(bucket.objects.size).toBe(1);
    bucket.keepAll(false);
    await collectGarbage(sealed.context);
    expect(bucket.objects.size).toBe(0);
  });
});

describe('an agent whose volume is gone', () => {
  let backupId: string;
  /** Removes what the engine has of an agent's data: the volumes were pruned, or the machine is a new one. */
  async function lose(id: string) {
    await ask(backend, id, 'POST', 'stop');
    await container(id).remove({ force: true });
    await docker.getVolume(`openclaw-data-${id}`).remove({ force: true });
  }
  /** What the last operation's page says of the lost data. */
  async function told(id: string): Promise<string | undefined> {
    const [operation] = (await ask(backend, id, 'GET', 'operations')).body.operations;
    return operation.steps.find(({ name }: { name: string }) => name === 'data')?.detail;
  }

  test('gets the data of its newest backup at its next start, and is told so', async () => {
    await deploy(backend, 'lost');
    await writeNote('lost', 'older');
    await ask(backend, 'lost', 'POST', 'backups');
    await writeNote('lost', 'newer');
    const { backup } = (await ask(backend, 'lost', 'POST', 'backups')).body;
    backupId = backup.id;
    await writeNote('lost', 'after the last backup');
    await lose('lost');
    expect((await ask(backend, 'lost', 'POST', 'start')).status).toBe(200);
    expect(await readNote('lost')).toBe('newer');
    expect(await told('lost')).toBe(`The agent's data was gone from this machine: it gets the backup of ${backup.createdAt}`);
    expect(await chat(backend, 'lost', 'Well?')).toBe('You said: Well?');
  });

  test('keeps its new volume when only its container is lost later', async () => {
    await writeNote('lost', 'latest');
    await ask(backend, 'lost', 'POST', 'stop');
    await container('lost').remove({ force: true });
    await ask(backend, 'lost', 'POST', 'start');
    expect(await readNote('lost')).toBe('latest');
    expect(await told('lost')).toBeUndefined();
  });

  test('gets the whole backup after a restore that was interrupted half way', async () => {
    await ask(backend, 'lost', 'POST', 'stop');
    await container('lost').remove({ force: true });
    // What a process leaves that ends between the creation of the volume and the end of the archive.
    await backend.context.database.as('service', (tx) => tx.agent.update({ where: { id: 'lost' }, data: { lostDataBackupId: backupId } }));
    await ask(backend, 'lost', 'POST', 'start');
    expect(await readNote('lost')).toBe('newer');
  });

  test('is not archived: the archive of an empty volume would push real backups out', async () => {
    await lose('lost');
    const answer = await ask(backend, 'lost', 'POST', 'backups');
    expect([answer.status, answer.body.error]).toEqual([
      500,
      "The agent's data is gone from this machine. Start the agent: it gets the data of its newest backup",
    ]);
    await expect(docker.getVolume('openclaw-data-lost').inspect()).rejects.toMatchObject({ statusCode: 404 });
  });

  test('is updated with the data of its newest backup, and stays stopped', async () => {
    const answer = await ask(backend, 'lost', 'POST', 'update', { image: IMAGE });
    expect([answer.status, answer.body.status]).toEqual([200, 'stopped']);
    await ask(backend, 'lost', 'POST', 'start');
    expect(await readNote('lost')).toBe('newer');
  });

  test('gets the newest backup that its version can read', async () => {
    await writeNote('lost', 'of a later version');
    const { backup } = (await ask(backend, 'lost', 'POST', 'backups')).body;
    // OpenClaw 2026.9.6 keeps conversations in SQLite, which 2026.3.13 cannot read.
    const data = { openclawVersion: '2026.9.6' };
    await backend.context.database.as('service', (tx) => tx.backup.update({ where: { id: backup.id }, data }));
    await lose('lost');
    await ask(backend, 'lost', 'POST', 'start');
    expect(await readNote('lost')).toBe('newer');
  });

  test('starts without data when it has no backup, and is told so', async () => {
    await deploy(backend, 'bare');
    await writeNote('bare', 'gone');
    await lose('bare');
    expect((await ask(backend, 'bare', 'POST', 'start')).status).toBe(200);
    expect(await told('bare')).toBe("The agent's data was gone from this machine, and there is no backup of it: it starts without data");
    expect(await shell('bare', `ls ${workspace}`)).not.toContain('note');
  });
});

describe('an operation', () => {
  const untilStarted = async (id: string) => {
    for (;;) {
      const [operation] = (await ask(backend, id, 'GET', 'operations')).body.operations ?? [];
      if (operation && !operation.finishedAt && operation.steps.length) return operation as { id: string; kind: string };
      await sleep(10);
    }
  };
  const untilStep = async (id: string, name: string) => {
    for (;;) {
      const [operation] = (await ask(backend, id, 'GET', 'operations')).body.operations ?? [];
      if (operation.finishedAt || operation.steps.some((each: { name: string }) => each.name === name)) return;
      await sleep(10);
    }
  };

  test('runs once for two equal requests; a different request gets 409 with the running operation', async () => {
    await deploy(backend, 'busy');
    const first = ask(backend, 'busy', 'POST', 'restart');
    const { id, kind } = await untilStarted('busy');
    const [second, other] = await Promise.all([ask(backend, 'busy', 'POST', 'restart'), ask(backend, 'busy', 'POST', 'stop')]);
    const both = [await first, second].map(({ status, body }) => [status, body.error]);
    expect(both).toEqual([
      [200, undefined],
      [200, undefined],
    ]);
    expect([other.status, other.body]).toEqual([
      409,
      {
        error: 'Another operation is running on this agent',
        code: 'OPERATION_IN_PROGRESS',
        operation: { id, kind, createdAt: expect.any(String) },
      },
    ]);
    const { operations } = (await ask(backend, 'busy', 'GET', 'operations')).body;
    expect(operations.filter((each: { kind: string }) => each.kind === 'restart')).toHaveLength(1);
  });

  test('continues after one failed availability check of the engine', async () => {
    const { host, database } = backend.context;
    const { available } = host;
    let failedChecks = 0;
    const isWorking = () => database.as('service', (tx) => tx.operation.count({ where: { agentId: 'busy', state: 'running' } }));
    host.available = async () => (failedChecks === 0 && (await isWorking()) && ++failedChecks === 1 ? false : available());
    try {
      expect((await ask(backend, 'busy', 'POST', 'restart')).body.error).toBeUndefined();
    } finally {
      host.available = available;
    }
    expect(failedChecks).toBe(1);
    expect(await chat(backend, 'busy', 'Hello')).toBe('You said: Hello');
  });

  test('update rolls back when it is cancelled at the step ready', async () => {
    await writeNote('busy', 'before');
    const updating = ask(backend, 'busy', 'POST', 'update', { image: SLOW });
    const { id } = await untilStarted('busy');
    await untilStep('busy', 'ready');
    const { body } = await ask(backend, 'busy', 'POST', `operations/${id}/cancel`);
    expect(body.operation).toMatchObject({ id, state: 'running', cancelRequested: true });
    expect((await updating).body.error).toBe('The operation was cancelled');
    expect((await ask(backend, 'busy', 'GET', `operations/${id}`)).body.operation.state).toBe('cancelled');
    expect((await container('busy').inspect()).Config.Image).toBe(IMAGE);
    expect([await readNote('busy'), await chat(backend, 'busy', 'Hello')]).toEqual(['before', 'You said: Hello']);
  });

  test('provision leaves the agent stopped when it is cancelled', async () => {
    const deploying = backend.machine(undefined, 'POST', '/api/deployments', {
      agentId: 'unborn',
      config: { telegramToken: canary('1:'), plan: 'network' },
    });
    const { id } = await untilStarted('unborn');
    await ask(backend, 'unborn', 'POST', `operations/${id}/cancel`);
    expect([(await deploying).status, (await deploying).body.error]).toEqual([500, 'Deployment failed: The operation was cancelled']);
    expect((await ask(backend, 'unborn', 'GET', '')).body.status).toBe('stopped');
    expect(
      (
        await container('unborn')
          .inspect()
          .catch(() => undefined)
      )?.State.Running ?? false,
    ).toBe(false);
    expect((await ask(backend, 'unborn', 'POST', 'start')).status).toBe(200);
    expect(await chat(backend, 'unborn', 'Alive')).toBe('You said: Alive');
  });

  test('runs no further step after its job is interrupted, and a compensation ignores a cancellation', async () => {
    const { database } = backend.context;
    const operation = await database.as('service', (tx) => tx.operation.findFirstOrThrow({ where: { agentId: 'busy' } }));
    const names = async () => {
      const steps = await database.as('service', (tx) => tx.operationStep.findMany({ where: { operationId: operation.id } }));
      return steps.map(({ name, state }) => `${name} ${state}`);
    };
    const before = await names();
    const job = new AbortController();
    const cancel = new AbortController();
    const interrupted = createSteps(database, operation, { job: job.signal, cancel: cancel.signal });
    let finished = false;
    const working = interrupted('first', 60_000, async () => {
      job.abort();
      await sleep(200);
      finished = true;
    });
    await expect(working).rejects.toThrow('interrupted');
    // The step's work has ended before the rejection: it does not run beside the next attempt.
    expect(finished).toBe(true);
    await expect(interrupted('rollback', 60_000, async () => 'It went on')).rejects.toThrow('interrupted');
    expect((await names()).sort()).toEqual([...before, 'first failed'].sort());

    const step = createSteps(database, operation, { job: new AbortController().signal, cancel: cancel.signal });
    const undo = async (signal: AbortSignal) => {
      cancel.abort();
      expect(signal.aborted).toBe(false);
      return true;
    };
    expect(await step('rollback', 60_000, undo, { isCompensation: true })).toBe(true);
  });

  test('in the queue is cancelled at once', async () => {
    await ask(backend, 'busy', 'POST', 'stop');
    await backend.context.boss.offWork('agent-operations');
    const starting = ask(backend, 'busy', 'POST', 'start');
    let id = '';
    while (!id) {
      const [operation] = (await ask(backend, 'busy', 'GET', 'operations')).body.operations;
      if (operation.state === 'queued') id = operation.id;
    }
    expect((await ask(backend, 'busy', 'POST', `operations/${id}/cancel`)).body.operation.state).toBe('cancelled');
    expect((await starting).body.error).toBe('The operation was cancelled before it began');
    expect((await ask(backend, 'busy', 'GET', '')).body.status).toBe('stopped');
  });
});
