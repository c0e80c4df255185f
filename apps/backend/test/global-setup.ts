import { mkdtemp } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { startPostgres } from '@agentbot/local-stack/postgres';

/** One Postgres for the whole run; each test file makes a database of its own in it. */
export default async function setup() {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'agentbot-test-'));
  const postgres = await startPostgres({ dataDir, durable: false });
  process.env.TEST_POSTGRES_URL = postgres.url('postgres');
  Object.assign(globalThis, { testPostgres: { postgres, dataDir } });
}
