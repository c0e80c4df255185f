import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { OperationKind } from '@agentbot/contracts';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import pg from 'pg';
import { beginOperation } from '../src/domain/operations/operations.ts';
import { createSteps } from '../src/domain/operations/steps.ts';
import { validateStep } from '../src/domain/provisioning/validate-config.ts';
import { deleteOldLogs } from '../src/domain/telemetry/logs/log-store.ts';
import { runAsLeader } from '../src/infra/database/lease.ts';
import { workflows } from '../src/workers/workflow-registry.ts';
import { startBackend, type TestBackend } from './backend.ts';

/** Work without a request: queues, schedules and leases, on Postgres alone. Workflows that wait replace the product's. */

let backend: TestBackend;
let owner: string;
const real = { ...workflows };

beforeAll(async () => {
  backend = await startBackend();
  owner = await backend.account();
});
afterAll(async () => {
  Object.assign(workflows, real);
  await backend.stop();
});

const HOUR_MS = 3_600_000;
const service = <T>(work: Parameters<typeof backend.context.database.as<T>>[1]) => backend.context.database.as('service', work);
async function createAgent(ownerId = owner): Promise<string> {
  return (await backend.machine(ownerId, 'POST', '/api/agents', { name: 'Queued' })).body.id;
}

/** Begins an operation on a new agent. @returns the operation's id */
async function begin(kind: OperationKind, agentId?: string): Promise<string> {
  const id = agentId ?? (await createAgent());
  return service(async (tx) => {
    const agent = await tx.agent.findUniqueOrThrow({ where: { id } });
    return (await beginOperation(tx, backend.context.boss, agent, kind)).id;
  });
}
async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const end = Date.now() + 20_000; !(await condition()); await new Promise((resolve) => setTimeout(resolve, 50))) {
    if (Date.now() > end) throw new Error(`Not within 20 seconds: ${what}`);
  }
}
const statesOf = async (ids: string[]) => {
  const operations = await service((tx) => tx.operation.findMany({ where: { id: { in: ids } } }));
  return ids.map((id) => operations.find((operation) => operation.id === id)?.state);
};

describe('the queues of operations', () => {
  const running: Record<string, number> = {};
  const most: Record<string, number> = {};
  let release: () => void;
  beforeAll(() => {
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    for (const kind of ['start', 'backup'] as const) {
      workflows[kind] = async () => {
        running[kind] = (running[kind] ?? 0) + 1;
        most[kind] = Math.max(most[kind] ?? 0, running[kind]);
        await released;
        running[kind]--;
        return {};
      };
    }
  });

  test('run four fast and two slow operations at a time, and a waiting slow one delays no fast one', async () => {
    const slow: string[] = [];
    // Of four owners: one owner may have only one slow operation in flight.
    for (let i = 0; i < 4; i++) slow.push(await begin('backup', await createAgent(await backend.account())));
    await until(() => running.backup === 2, 'two backups run');
    const fast: string[] = [];
    for (let i = 0; i < 6; i++) fast.push(await begin('start'));
    await until(() => running.start === 4, 'four starts run');
    // Time for the workers to take more than they may: they poll once a second.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect([(await statesOf(slow)).sort(), (await statesOf(fast)).sort()]).toEqual([
      ['queued', 'queued', 'running', 'running'],
      ['queued', 'queued', 'running', 'running', 'running', 'running'],
    ]);
    release();
    await until(async () => (await statesOf([...slow, ...fast])).every((state) => state === 'succeeded'), 'all operations end');
    expect(most).toEqual({ start: 4, backup: 2 });
  });

  test.each(['update', 'reset-memory', 'backup', 'restore'] as const)('keep %s apart from the fast operations', async (kind) => {
    const agent = await createAgent();
    workflows[kind] = async () => ({});
    const id = await begin(kind, agent);
    const jobs = await backend.context.database.untenanted.$queryRaw<{ name: string }[]>`
      SELECT name FROM pgboss.job WHERE data ->> 'operationId' = ${id}`;
    expect(jobs).toEqual([{ name: 'slow-agent-operations' }]);
    await backend.settled(agent);
  });

  test('give a job to another worker after 10 seconds without a heartbeat, at most three times', async () => {
    const queues = await backend.context.database.untenanted.$queryRaw<unknown[]>`
      SELECT name, heartbeat_seconds, retry_limit FROM pgboss.queue WHERE name LIKE '%agent-operations' ORDER BY name`;
    expect(queues).toEqual(['agent-operations', 'slow-agent-operations'].map((name) => ({ name, heartbeat_seconds: 10, retry_limit: 3 })));
  });

  test.each([
    [2, 'succeeded', null],
    [3, 'failed', 'The operation failed: the backend restarted several times during it. Try again.'],
  ])('end an operation that was interrupted %d times as %s', async (interruptions, state, error) => {
    workflows.start = async () => ({});
    const agent = await createAgent();
    const id = await service(async (tx) => {
      const row = await tx.agent.findUniqueOrThrow({ where: { id: agent } });
      const operation = await beginOperation(tx, backend.context.boss, row, 'start');
      await tx.$executeRaw`UPDATE pgboss.job SET retry_count = ${interruptions}::int WHERE data ->> 'operationId' = ${operation.id}`;
      return operation.id;
    });
    await backend.settled(agent);
    expect(await service((tx) => tx.operation.findUniqueOrThrow({ where: { id } }))).toMatchObject({ state, error });
  });
});

test.each(['stop', 'reset-memory', 'delete'] as const)('an operation %s cannot be cancelled while it runs', async (kind) => {
  const agent = await createAgent();
  let end: (() => void) | undefined;
  workflows[kind] = async () => {
    await new Promise<void>((resolve) => {
      end = resolve;
    });
    return {};
  };
  const id = await begin(kind, agent);
  await until(() => end !== undefined, `${kind} runs`);
  const answer = await backend.as(owner, 'POST', `/api/agents/${agent}/operations/${id}/cancel`);
  expect(answer).toMatchObject({ status: 409, body: { code: 'OPERATION_NOT_CANCELLABLE' } });
  end?.();
  await backend.settled(agent);
});

test('a maintenance task that fails ends its job and not its worker: the next run works', async () => {
  const { boss, database, host } = backend.context;
  const endOf = async () => {
    // `exclusive`: no second job is taken while one of the schedule waits.
    let id: string | null = null;
    const send = async () => {
      id = await boss.send('sweep', {});
      return id !== null;
    };
    await until(send, 'the queue takes a job');
    const job = async () =>
      (await database.untenanted.$queryRaw<{ state: string }[]>`SELECT state::text FROM pgboss.job WHERE id = ${id}::uuid`)[0]?.state;
    await until(async () => ['completed', 'failed'].includes((await job()) ?? ''), 'the job ends');
    return job();
  };
  const available = jest.spyOn(host, 'available').mockRejectedValue(new Error('the engine hangs'));
  expect(await endOf()).toBe('completed');
  expect(available).toHaveBeenCalled();
  available.mockRestore();
  expect(await endOf()).toBe('completed');
});

test.each([-1, 1])('a queue that is %d version apart from the code’s stops the start of a backend', async (apart) => {
  const client = new pg.Client({ connectionString: backend.config.DATABASE_URL });
  await client.connect();
  const change = (by: number) => client.query('UPDATE pgboss.version SET version = version + $1', [by]);
  const { DATABASE_URL, INTERNAL_API_KEY, ASSERTION_SECRET, ENCRYPTION_KEYS } = backend.config;
  const env = {
    PATH: process.env.PATH,
    DATABASE_URL,
    INTERNAL_API_KEY,
    ASSERTION_SECRET,
    ENCRYPTION_KEYS,
    BACKEND_PORT: '0',
    GATEWAY_PORT: '0',
  };
  await change(apart);
  try {
    const started = promisify(execFile)(process.execPath, ['src/app/main.ts'], { env, timeout: 120_000 });
    await expect(started).rejects.toMatchObject({ code: 1, stdout: expect.stringContaining('requires migrations') });
  } finally {
    await change(-apart);
    await client.end();
  }
});

test('maintenance runs each task every minute, every five minutes or every hour, as docs/architecture/operations.md says', async () => {
  const rows = await backend.context.database.untenanted.$queryRaw<{ name: string; cron: string; timezone: string }[]>`
    SELECT name, cron, timezone FROM pgboss.schedule`;
  const schedule = Object.fromEntries(rows.map(({ name, cron }) => [name, cron]));
  const everyHour = expect.stringMatching(/^[0-9]{1,2} \* \* \* \*$/);
  expect(schedule).toEqual({
    sweep: '* * * * *',
    'scheduled-backups': '* * * * *',
    'live-streams': '* * * * *',
    'closed-accounts': '* * * * *',
    suspensions: '* * * * *',
    'budget-notices': '* * * * *',
    'agent-notices': '* * * * *',
    mails: '* * * * *',
    'lost-model-calls': '* * * * *',
    'old-model-calls': everyHour,
    'disk-limits': '*/5 * * * *',
    'unused-images': everyHour,
    'old-backups': everyHour,
    'verification-checks': everyHour,
  });
});

test('a configuration that an image has accepted is looked up and not validated again; another one is validated', async () => {
  const agent = await createAgent();
  const validateConfig = jest.fn<(...args: unknown[]) => Promise<string[]>>().mockResolvedValue([]);
  const ensureImage = async (image: string) => ({ id: `sha256:${image}`, version: '2026.3.13', pulled: false });
  const context = { ...backend.context, host: { ...backend.context.host, ensureImage, validateConfig } } as typeof backend.context;
  const validate = async (image: string) => {
    const row = await service((tx) => tx.agent.findUniqueOrThrow({ where: { id: agent } }));
    const operation = await service((tx) =>
      tx.operation.create({ data: { id: `op_${image}_${Date.now()}`, agentId: agent, ownerId: owner, kind: 'start', state: 'succeeded' } }),
    );
    const never = new AbortController().signal;
    const step = createSteps(context.database, operation, { job: never, cancel: never });
    return validateStep(context, row, image, step);
  };
  expect(await validate('one')).toBe('OpenClaw 2026.3.13 accepts it');
  expect(await validate('one')).toBe('OpenClaw 2026.3.13 is known to accept it');
  expect(validateConfig).toHaveBeenCalledTimes(1);
  expect(await validate('two')).toBe('OpenClaw 2026.3.13 accepts it');
  // The plan changes the configuration's shape: its tools.
  await service((tx) => tx.agent.update({ where: { id: agent }, data: { plan: 'solo' } }));
  expect(await validate('two')).toBe('OpenClaw 2026.3.13 accepts it');
  expect(validateConfig).toHaveBeenCalledTimes(3);
  validateConfig.mockResolvedValue(['channels.telegram.groupPolicy: is unknown']);
  await expect(validate('three')).rejects.toThrow('channels.telegram.groupPolicy');
  // A refusal is not remembered.
  await expect(validate('three')).rejects.toThrow('channels.telegram.groupPolicy');
  expect(validateConfig).toHaveBeenCalledTimes(5);
});

test('a lease is free six seconds after its last renewal, and not before', async () => {
  const { database } = backend.context;
  const expire = (seconds: number) =>
    database.untenanted.$queryRaw`
      INSERT INTO leases (name, holder, expires_at) VALUES ('edges', 'another process', now() + make_interval(secs => ${seconds}::float8))
      ON CONFLICT (name) DO UPDATE SET expires_at = excluded.expires_at`;
  await expire(60);
  const stop = new AbortController();
  let left: number | undefined;
  const leading = runAsLeader(backend.context, 'edges', stop.signal, async () => {
    const [row] = await database.untenanted.$queryRaw<{ left: number }[]>`
      SELECT extract(epoch FROM expires_at - now())::float8 AS left FROM leases WHERE name = 'edges'`;
    left = row?.left;
    stop.abort();
  });
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(left).toBeUndefined();
  await expire(-0.001);
  await leading;
  expect(left).toBeGreaterThan(4);
  expect(left).toBeLessThanOrEqual(6);
});

test('log lines older than seven days are deleted, and younger ones are kept', async () => {
  const agentId = await createAgent();
  const idAt = (age: number) => BigInt(Date.now() - age) * 1_000_000n;
  const store = (lastId: bigint) =>
    service((tx) =>
      tx.logChunk.create({
        data: { agentId, lastId, firstId: lastId, ownerId: owner, size: 1, counts: [0, 0, 1, 0, 0, 0], records: '[]' },
      }),
    );
  const kept = idAt(7 * 24 * HOUR_MS - 60_000);
  await store(kept);
  await store(idAt(7 * 24 * HOUR_MS + 1_000));
  await deleteOldLogs(backend.context);
  expect((await service((tx) => tx.logChunk.findMany({ where: { agentId } }))).map(({ lastId }) => lastId)).toEqual([kept]);
});
