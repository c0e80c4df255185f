import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { takeAgentSlots } from '@agentbot/test-doubles/agent-slots';
import { canaryKey, readFiles } from '@agentbot/test-doubles/canaries';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import pg from 'pg';
import { randomName } from '../src/shared/ids.ts';
import { ASSERTION_SECRET, expectNothingInClear, INTERNAL_KEY, removeLeftovers } from './backend.ts';
import { createTestDatabase } from './test-database.ts';

/** A step of an operation, and whether it runs or is done. */
export interface StepState {
  step: string;
  at: 'running' | 'done';
}

/**
 * Starts a backend as a child process that a test can kill and start again. It has a fresh database and its own
 * installation on the machine's engine.
 * @param launcher a program with its arguments that runs the command line appended to it
 */
export async function startChildBackend(settings: Record<string, string>, launcher: string[] = []) {
  const slots = settings.AGENT_SUBNET ? undefined : await takeAgentSlots();
  const name = `crash_${randomName(10)}`;
  const installation = name.replace('_', '-');
  const databaseUrl = await createTestDatabase(name);
  const backups = await mkdtemp(path.join(os.tmpdir(), 'agentbot-backups-'));
  const environment = {
    PATH: process.env.PATH,
    DATABASE_URL: databaseUrl,
    MIGRATE_ON_START: 'true',
    BACKEND_PORT: '0',
    GATEWAY_PORT: '0',
    MODEL_GATEWAY_PORT: '0',
    INTERNAL_API_KEY: INTERNAL_KEY,
    ASSERTION_SECRET,
    ENCRYPTION_KEYS: `test:${canaryKey()}`,
    ALLOW_PRIVATE_MODEL_ENDPOINTS: 'true',
    API_RATE_LIMIT: '100000',
    DEPLOYMENT_RATE_LIMIT: '100000',
    DOCKER_HOST: process.env.DOCKER_HOST ?? '',
    INSTALLATION: installation,
    BACKUP_DIR: backups,
    ...slots?.settings,
    ...settings,
  };
  const database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  let child: ChildProcess;
  let url = '';
  const lines: string[] = [];

  async function start(): Promise<void> {
    const [program = '', ...parts] = [...launcher, process.execPath, 'src/app/main.ts'];
    child = spawn(program, parts, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    const written = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    written.on('line', (line) => lines.push(line));
    createInterface({ input: child.stderr as NodeJS.ReadableStream }).on('line', (line) => {
      lines.push(line);
      process.stderr.write(`${line}\n`);
    });
    await new Promise<void>((resolve) => {
      written.on('line', (line) => {
        if (!line.includes('"msg":"listening"')) return;
        url = `http://127.0.0.1:${JSON.parse(line).port}`;
        resolve();
      });
      written.once('close', resolve);
    });
  }
  async function kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    // `close` fires after all output is read.
    await once(child, 'close');
  }
  await start();

  return {
    installation,
    backups,
    database,
    /** Every line of its output. */
    lines,
    start,
    kill,
    /** Ages the heartbeats of a killed backend, so that the next one retries its jobs at once and not after ten seconds or more. */
    async expireHeartbeats(): Promise<void> {
      await database.query(`UPDATE pgboss.job SET heartbeat_on = heartbeat_on - interval '1 minute' WHERE state = 'active'`);
      await database.query(`UPDATE pgboss.queue SET monitor_claim_on = monitor_claim_on - interval '1 minute'`);
    },
    async call(method: string, address: string, body?: unknown, token = INTERNAL_KEY) {
      const response = await fetch(url + address, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: body === undefined ? null : JSON.stringify(body),
      });
      const answer: ReturnType<typeof JSON.parse> = await response.json();
      return { status: response.status, body: answer };
    },
    /**
     * Waits until a step of the agent's newest operation has reached a state.
     * @throws Error when the operation ended without this step
     */
    async untilStep(agentId: string, kind: string, { step, at }: StepState): Promise<void> {
      for (const end = Date.now() + 120_000; ; ) {
        if (Date.now() > end) throw new Error(`No ${kind} of ${agentId} reached the step "${step}" within 120 s`);
        const { rows } = await database.query(
          `SELECT o.finished_at, s.state FROM operations o LEFT JOIN operation_steps s ON s.operation_id = o.id AND s.name = $3
           WHERE o.agent_id = $1 AND o.kind = $2 ORDER BY o.created_at DESC LIMIT 1`,
          [agentId, kind, step],
        );
        const [row] = rows;
        if (row?.finished_at && !row.state) throw new Error(`This ${kind} ended without a step "${step}"`);
        if (row?.finished_at || row?.state === 'done' || (at === 'running' && row?.state === 'running')) return;
        await sleep(5);
      }
    },
    /** Waits until no operation is open and no crash restart is scheduled. */
    async settled(): Promise<void> {
      const open = `SELECT FROM operations WHERE finished_at IS NULL UNION ALL SELECT FROM agents WHERE recover_at IS NOT NULL`;
      const isSettled = async () => (await database.query(open)).rowCount === 0;
      await pollUntil('no operation is open and no restart is scheduled', isSettled, { seconds: 180, everyMs: 100 });
    },
    async stop(): Promise<void> {
      try {
        await kill('SIGTERM');
        await database.end();
        await expectNothingInClear(databaseUrl, { log: lines.join('\n'), backups: await readFiles(backups) });
      } finally {
        await removeLeftovers(installation);
        await rm(backups, { recursive: true, force: true });
        await slots?.release();
      }
    },
  };
}

export type ChildBackend = Awaited<ReturnType<typeof startChildBackend>>;
