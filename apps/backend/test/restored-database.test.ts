import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createDatabase, type LocalPostgres, removePostgresData, startPostgres } from '@agentbot/local-stack/postgres';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { migrate } from '../src/infra/database/migrate.ts';
import { startBackend } from './backend.ts';
import { TEMPLATE_DATABASE } from './test-database.ts';

/**
 * A dump contains a database without roles. After a restore on another server the tables, rows, policies and the history
 * of migrations exist; the application's role and its rights are missing. The test starts a second Postgres: other test
 * databases use the role of the shared one.
 */

let folder: string;
let postgres: LocalPostgres;
let owner: pg.Client;
const NAME = 'restored';
/** A migration that creates a table and grants rights on it. */
const LATER_MIGRATION = '20261124134500_accepted_configs';

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'agentbot-restored-'));
  postgres = await startPostgres({ dataDir: folder, durable: false });
  // startBackend copies the database TEMPLATE_DATABASE of this server, and stop() searches it for secrets.
  process.env.TEST_POSTGRES_URL = postgres.url();
  for (const name of [TEMPLATE_DATABASE, NAME]) await createDatabase(postgres.url(), name);
  owner = new pg.Client({ connectionString: postgres.url(NAME) });
  await owner.connect();
});
afterAll(async () => {
  await owner?.end();
  await postgres?.stop();
  removePostgresData(folder);
  await rm(folder, { recursive: true, force: true });
});

/** Every right of the application's role on tables, columns, sequences, schemas and functions. */
async function rights(): Promise<string[]> {
  const { rows } = await owner.query<{ right: string }>(`
    SELECT format('%s %s', what, acl) AS right FROM (
      SELECT format('table %s', oid::regclass) AS what, unnest(relacl)::text AS acl FROM pg_class
      UNION ALL SELECT format('column %s.%s', attrelid::regclass, attname), unnest(attacl)::text FROM pg_attribute
      UNION ALL SELECT format('schema %s', nspname), unnest(nspacl)::text FROM pg_namespace
      UNION ALL SELECT format('function %s', oid::regprocedure), unnest(proacl)::text FROM pg_proc
    ) AS granted WHERE acl LIKE '%agentbot_app%' ORDER BY 1`);
  return rows.map(({ right }) => right);
}

test('migrate recreates the role and every right of a restored database, and the backend works on it', async () => {
  const settings = { DATABASE_URL: postgres.url(NAME) };
  const before = await startBackend(settings);
  const user = await before.account('kept@example.com');
  const { id } = (await before.machine(user, 'POST', '/api/agents', { name: 'Kept' })).body;
  await before.stop();
  const intended = await rights();
  expect(intended.length).toBeGreaterThan(30);

  // The dump comes from an earlier version.
  await owner.query(`DROP TABLE accepted_configs; DELETE FROM _prisma_migrations WHERE migration_name = '${LATER_MIGRATION}'`);
  await owner.query('DROP OWNED BY agentbot_app');
  await owner.query('DROP ROLE agentbot_app');
  expect(await rights()).toEqual([]);

  expect(await migrate(postgres.url(NAME))).toEqual([LATER_MIGRATION]);
  expect(await rights()).toEqual(intended);
  const { rows } = await owner.query("SELECT rolsuper, rolbypassrls, rolcanlogin FROM pg_roles WHERE rolname = 'agentbot_app'");
  expect(rows).toEqual([{ rolsuper: false, rolbypassrls: false, rolcanlogin: false }]);

  const after = await startBackend({ ...settings, MIGRATE_ON_START: 'false' });
  try {
    expect((await after.as(user, 'GET', '/api/agents')).body).toMatchObject({ agents: [{ id, name: 'Kept' }] });
    expect((await after.machine(user, 'POST', '/api/agents', { name: 'New' })).status).toBe(201);
    expect((await after.as(user, 'GET', '/api/audit')).body.entries.length).toBeGreaterThan(1);
  } finally {
    await after.stop();
  }
});

test('migrate, run again, changes no right and skips a table that does not exist', async () => {
  const intended = await rights();
  await owner.query('ALTER TABLE passkeys RENAME TO passkeys_gone');
  await migrate(postgres.url(NAME));
  await owner.query('ALTER TABLE passkeys_gone RENAME TO passkeys');
  expect(await rights()).toEqual(intended);
});
