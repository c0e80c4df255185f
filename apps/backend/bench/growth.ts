import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { startBackend } from '../test/backend.ts';
import setup from '../test/global-setup.ts';
import teardown from '../test/global-teardown.ts';

/**
 * Measures how the cost of lists grows with the number of agents of one account: rows only, no containers. For each number: the
 * median time of a request. Prints a table and writes the figures as JSON: `node bench/growth.ts [file]`.
 */

const [file = path.join(import.meta.dirname, 'growth.json')] = process.argv.slice(2);
const SIZES = [10, 100, 1_000, 10_000];
const REPETITIONS = 9;
const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

async function main() {
  await setup();
  const metricsToken = randomBytes(32).toString('hex');
  const backend = await startBackend({ METRICS_TOKEN: metricsToken, LOG_LEVEL: 'warn', RECONCILE_SECONDS: '3600' });
  const database = new pg.Client({ connectionString: backend.config.DATABASE_URL });
  await database.connect();
  const owner = await backend.account();
  const { key } = (await backend.machine(owner, 'POST', '/api/keys', { name: 'bench' })).body;

  /** Milliseconds until the whole answer. */
  async function timed(address: string, token: string): Promise<number> {
    const begun = performance.now();
    const response = await fetch(backend.url + address, { headers: { authorization: `Bearer ${token}` } });
    await response.text();
    if (!response.ok) throw new Error(`${address} answered ${response.status}`);
    return performance.now() - begun;
  }
  /** Milliseconds until the first frame with data of a stream. */
  async function firstFrame(address: string, token: string): Promise<number> {
    const begun = performance.now();
    const ending = new AbortController();
    const response = await fetch(backend.url + address, { headers: { authorization: `Bearer ${token}` }, signal: ending.signal });
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk as Uint8Array).toString();
      if (/^data:.*\n\n/ms.test(text)) break;
    }
    ending.abort();
    return performance.now() - begun;
  }

  const ways: Record<string, () => Promise<number>> = {
    'GET /api/agents?limit=50': () => timed('/api/agents?limit=50', key),
    'GET /api/agents': () => timed('/api/agents', key),
    'GET /api/overview': () => timed('/api/overview', key),
    'first frame of /api/overview/stream': () => firstFrame('/api/overview/stream', key),
    'GET /metrics': () => timed('/metrics', metricsToken),
  };
  const rows: { agents: number; times: Record<string, number> }[] = [];
  let filled = 0;
  for (const agents of SIZES) {
    await database.query(
      `INSERT INTO agents (id, owner_id, name, model, ai_provider, state, created_at, updated_at)
       SELECT 'agent_' || lpad(n::text, 12, '0'), $1, 'Agent ' || n, 'openrouter/auto', 'openrouter', 'stopped',
         now() - n * interval '1 minute', now() FROM generate_series($2::int, $3::int) n`,
      [owner, filled + 1, agents],
    );
    filled = agents;
    await database.query('ANALYZE agents');
    const times: Record<string, number> = {};
    for (const [name, way] of Object.entries(ways)) {
      await way();
      const measured: number[] = [];
      for (let n = 0; n < REPETITIONS; n++) measured.push(await way());
      times[name] = Number(median(measured).toPrecision(3));
    }
    rows.push({ agents, times });
  }
  console.log(`${'milliseconds'.padEnd(40)}${SIZES.map((size) => String(size).padStart(10)).join('')}`);
  for (const name of Object.keys(ways)) {
    console.log(`${name.padEnd(40)}${rows.map(({ times }) => String(times[name]).padStart(10)).join('')}`);
  }
  await writeFile(file, `${JSON.stringify({ at: new Date().toISOString(), rows }, null, 2)}\n`);
  await database.end();
  await backend.stop();
  await teardown();
}

await main();
