import { mkdtemp } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createDatabase, startPostgres } from '@agentbot/local-stack/postgres';
import { migrate } from '../src/infra/database/migrate.ts';
import { createSharedConfigs } from './accepted-configs.ts';
import { TEMPLATE_DATABASE } from './test-database.ts';

/** The part of Jest's settings that tells which files were asked for. */
interface Run {
  testPathPatterns: { patterns: string[] };
}

/** Whether a run is of unit tests alone, which stand beside their modules and need no database. */
const needsNoPostgres = ({ testPathPatterns: { patterns } }: Run) =>
  patterns.length > 0 && patterns.every((pattern) => pattern.startsWith('src/'));

/**
 * Starts one Postgres for the whole run and migrates a template; each test file copies the template to a database of its own.
 * A run that is given `TEST_POSTGRES_URL` uses that server and its template.
 */
export default async function setup(run?: Run) {
  if (process.env.TEST_POSTGRES_URL || (run && needsNoPostgres(run))) return;
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'agentbot-test-'));
  const postgres = await startPostgres({ dataDir, durable: false });
  process.env.TEST_POSTGRES_URL = postgres.url('postgres');
  await createDatabase(postgres.url(), TEMPLATE_DATABASE);
  await migrate(postgres.url(TEMPLATE_DATABASE));
  await createSharedConfigs();
  Object.assign(globalThis, { testPostgres: { postgres, dataDir } });
}
