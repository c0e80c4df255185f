import { type ChildProcess, fork, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { removePostgresData, startPostgres } from '@agentbot/local-stack/postgres';
import pg from 'pg';
import { migrate } from '../src/infra/database/migrate.ts';
import type { LoadJob, LoadResult } from './load.ts';

/**
 * Measures the backend's hot paths beside a baseline (`bare-express.ts`) on the same Postgres, in turns: three rounds, medians.
 * Backend, baseline, Postgres and load generator have a process each. Also measures the start and the memory of the backend.
 * Prints a table and writes the figures as JSON: `node bench/hot-paths.ts [file]`.
 */

const [file = path.join(import.meta.dirname, 'hot-paths.json')] = process.argv.slice(2);
const ROUNDS = 3;
const SECONDS = 4;
const CONNECTIONS = 8;
const AGENTS = 100;
const POSTS = 300;
const OWNERS = 12;

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const secret = () => randomBytes(32).toString('base64');
const source = (name: string) => path.join(import.meta.dirname, name);

/** Resident memory of a process in MiB. */
async function residentMiB({ pid }: ChildProcess): Promise<number> {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1024;
}

/** Starts the backend as its own process. @returns its address, and the seconds until it listened */
async function startBackend(databaseUrl: string, internalKey: string) {
  const begun = performance.now();
  const child = spawn(process.execPath, ['--max-semi-space-size=8', 'src/app/main.ts'], {
    cwd: path.join(import.meta.dirname, '..'),
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      NODE_ENV: 'production',
      DATABASE_URL: databaseUrl,
      BACKEND_PORT: '0',
      GATEWAY_PORT: '0',
      MODEL_GATEWAY_PORT: '0',
      INTERNAL_API_KEY: internalKey,
      ASSERTION_SECRET: secret(),
      ENCRYPTION_KEYS: `bench:${secret()}`,
      DOCKER_HOST: 'unix:///nonexistent/docker.sock',
      API_RATE_LIMIT: '100000000',
    },
  });
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.includes('"msg":"listening"')) continue;
    child.stdout.resume();
    return { child, origin: `http://127.0.0.1:${JSON.parse(line).port}`, seconds: (performance.now() - begun) / 1000 };
  }
  throw new Error('The backend did not start');
}

/** A process of the bench that answers with messages. */
function startHelper(name: string, ...parameters: string[]) {
  const child = fork(source(name), parameters);
  const answer = async <T>(): Promise<T> => (await once(child, 'message'))[0] as T;
  return { child, answer };
}

/** Accounts with the largest plan and an API key each; the first has `AGENTS` agents. */
async function fill(databaseUrl: string, origin: string, internalKey: string) {
  const database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  await database.query(`INSERT INTO users (id, email, plan, updated_at)
    SELECT 'user_bench' || n, 'bench' || n || '@example.com', 'network', now() FROM generate_series(0, ${OWNERS}) n`);
  for (const [copy, of] of [
    ['bench_agents', 'agents'],
    ['bench_audit', 'audit_log'],
    ['bench_keys', 'idempotency_keys'],
  ]) {
    await database.query(`CREATE TABLE ${copy} (LIKE ${of} INCLUDING ALL)`);
  }
  const call = async (owner: string, address: string, body: unknown) => {
    const headers = { authorization: `Bearer ${internalKey}`, 'x-user-id': owner, 'content-type': 'application/json' };
    const response = await fetch(origin + address, { method: 'POST', headers, body: JSON.stringify(body) });
    const answer: ReturnType<typeof JSON.parse> = await response.json();
    if (response.status !== 201) throw new Error(`POST ${address} answered ${response.status}: ${JSON.stringify(answer)}`);
    return answer;
  };
  const owners: { id: string; key: string }[] = [];
  for (let n = 0; n <= OWNERS; n++) {
    const id = `user_bench${n}`;
    const { key } = await call(id, '/api/keys', { name: 'bench', scopes: ['agents:read', 'agents:write'] });
    owners.push({ id, key });
  }
  let agentId = '';
  const [reader, ...writers] = owners as [(typeof owners)[number], ...typeof owners];
  for (let n = 0; n < AGENTS; n++) agentId = (await call(reader.id, '/api/agents', { name: `Agent ${n}` })).id;
  await database.query('ANALYZE');
  await database.end();
  return { reader, writers, agentId };
}

type Load = (job: Omit<LoadJob, 'connections'>) => Promise<LoadResult>;
type Slice = (load: Load, origin: string) => Promise<LoadResult>;

/** The measured requests by name. Each gets the address of the backend or of the baseline. */
function hotPaths({ reader, writers, agentId }: Awaited<ReturnType<typeof fill>>): Record<string, Slice> {
  const get =
    (address: string, seconds = SECONDS): Slice =>
    (load, origin) =>
      load({
        origin,
        seconds,
        status: 200,
        requests: [{ method: 'GET', path: address, headers: { authorization: `Bearer ${reader.key}`, 'x-owner': reader.id } }],
      });
  const post: Slice = (load, origin) =>
    load({
      origin,
      status: 201,
      requests: Array.from({ length: POSTS }, (_, n) => {
        const { id, key } = writers[n % writers.length] as (typeof writers)[number];
        return {
          method: 'POST' as const,
          path: '/api/agents',
          headers: {
            authorization: `Bearer ${key}`,
            'x-owner': id,
            'content-type': 'application/json',
            'idempotency-key': randomBytes(16).toString('hex'),
          },
          body: JSON.stringify({ name: 'Bench', config: { plan: 'network' } }),
        };
      }),
    });
  return {
    'GET /api/agents/:id': get(`/api/agents/${agentId}`),
    [`GET /api/agents, ${AGENTS} agents`]: get('/api/agents'),
    'POST /api/agents': post,
  };
}

async function main() {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'agentbot-bench-'));
  const postgres = await startPostgres({ dataDir, durable: true });
  const databaseUrl = postgres.url();
  await migrate(databaseUrl);
  const internalKey = secret();
  // The first start fills the compile cache.
  const first = await startBackend(databaseUrl, internalKey);
  first.child.kill();
  await once(first.child, 'exit');
  const backend = await startBackend(databaseUrl, internalKey);
  await sleep(3_000);
  const idleMiB = await residentMiB(backend.child);
  const data = await fill(databaseUrl, backend.origin, internalKey);
  const baseline = startHelper('bare-express.ts', databaseUrl);
  const { port } = await baseline.answer<{ port: number }>();
  const generator = startHelper('load.ts');
  const load: Load = async (job) => {
    const answer = generator.answer<{ result?: LoadResult; error?: string }>();
    generator.child.send({ ...job, connections: CONNECTIONS });
    const { result, error } = await answer;
    if (!result) throw new Error(error);
    return result;
  };

  const paths = Object.entries(hotPaths(data)).map(([name, slice]) => ({
    name,
    slice,
    ours: [] as LoadResult[],
    bare: [] as LoadResult[],
  }));
  // Round 0 warms up both.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const { slice, ours, bare } of paths) {
      const measured = [await slice(load, `http://127.0.0.1:${port}`), await slice(load, backend.origin)] as const;
      if (round === 0) continue;
      bare.push(measured[0]);
      ours.push(measured[1]);
    }
  }
  const loadedMiB = await residentMiB(backend.child);
  const rows = paths.map(({ name, ours, bare }) => {
    const of = (results: LoadResult[], field: keyof LoadResult) => Number(median(results.map((result) => result[field])).toPrecision(4));
    const figures = (results: LoadResult[]) => ({
      perSecond: of(results, 'perSecond'),
      median: of(results, 'median'),
      p99: of(results, 'p99'),
      bytes: of(results, 'bytes'),
      loadCpu: of(results, 'cpu'),
    });
    return {
      name,
      backend: figures(ours),
      baseline: figures(bare),
      ratio: median(ours.map(({ perSecond }, n) => perSecond / (bare[n]?.perSecond ?? 0))),
    };
  });
  for (const { name, backend: ours, baseline: bare, ratio } of rows) {
    console.log(
      `${ratio.toFixed(2)} ×  ${name.padEnd(30)} ${ours.perSecond} a second (${ours.median} ms, ${ours.bytes} B); ` +
        `the baseline ${bare.perSecond} (${bare.median} ms, ${bare.bytes} B)`,
    );
  }
  console.log(
    `${backend.seconds.toFixed(2)} s until the backend listens; ${idleMiB.toFixed(0)} MiB idle, ${loadedMiB.toFixed(0)} MiB after the load`,
  );
  await writeFile(
    file,
    `${JSON.stringify({ at: new Date().toISOString(), rows, startSeconds: backend.seconds, idleMiB, loadedMiB }, null, 2)}\n`,
  );

  for (const child of [generator.child, baseline.child, backend.child]) child.kill();
  await once(backend.child, 'exit');
  await postgres.stop();
  removePostgresData(dataDir);
}

await main();
