import { mkdtemp } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createDatabase, startPostgres } from '@agentbot/local-stack/postgres';
import { migrate } from '../src/infra/database/migrate.ts';
import { createSharedConfigs } from './accepted-configs.ts';
import { TEMPLATE_DATABASE } from './test-database.ts';

/** Starts one Postgres for the whole run and migrates a template; each test file copies the template to a database of its own. */
export default async function setup() {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'agentbot-test-'));
  const postgres = await startPostgres({ dataDir, durable: false });
  process.env.TEST_POSTGRES_URL = postgres.url('postgres');
  await createDatabase(postgres.url(), TEMPLATE_DATABASE);
  await migrate(postgres.url(TEMPLATE_DATABASE));
  await createSharedConfigs();
  Object.assign(globalThis, { testPostgres: { postgres, dataDir } });
}
