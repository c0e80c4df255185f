import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { promisify } from 'node:util';
import { createDatabase } from '@agentbot/local-stack/postgres';
import { canary } from '@agentbot/test-doubles/canaries';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { pino } from 'pino';
import { warnOfOwnerRights } from '../src/infra/database/owner-rights.ts';
import { randomName } from '../src/shared/ids.ts';
import { startBackend, type TestBackend } from './backend.ts';

/** A backend as in production: its login is not the database's owner, and another login has migrated the database. */

const METRICS_TOKEN = canary('metrics-token-of-the-tests-');
const admin = process.env.TEST_POSTGRES_URL as string;
const name = `login_${randomName(10)}`;
const login = `backend_${randomName(10)}`;
const ownerUrl = admin.replace(/\/postgres$/, `/${name}`);
const urlWith = (password: string) => Object.assign(new URL(ownerUrl), { username: login, password }).href;
const password = () => randomBytes(24).toString('hex');
const first = password();
const second = password();

const runMigrate = (url: string, migrationUrl = ownerUrl) =>
  promisify(execFile)(process.execPath, ['src/app/cli/migrate.ts'], {
    cwd: path.join(import.meta.dirname, '..'),
    env: { NODE_ENV: 'production', DATABASE_URL: url, MIGRATION_DATABASE_URL: migrationUrl },
  });

let owner: pg.Client;
let backend: TestBackend;
let model: Awaited<ReturnType<typeof startModelProvider>>;
let user: string;

beforeAll(async () => {
  await createDatabase(admin, name);
  owner = new pg.Client({ connectionString: ownerUrl });
  await owner.connect();
  const { stdout } = await runMigrate(urlWith(first));
  expect(stdout).toMatch(new RegExp(`^\\d+ migrations applied, up to \\w+\nThe backend can log in as ${login}\n$`));
  await runMigrate(urlWith(second));
  model = await startModelProvider({ apiKey: canary('model-key-') });
  backend = await startBackend({ DATABASE_URL: urlWith(second), MIGRATE_ON_START: 'false', METRICS_TOKEN });
  user = await backend.account();
});
afterAll(async () => {
  await backend.stop();
  await model.close();
  await owner.query(`DROP ROLE ${login}`);
  await owner.end();
});

describe('the migrate command', () => {
  test('sets the login’s password from DATABASE_URL, and Postgres stores only its SCRAM hash', async () => {
    const old = new pg.Client({ connectionString: urlWith(first) });
    await expect(old.connect()).rejects.toThrow('password authentication failed');
    const { rows } = await owner.query('SELECT rolpassword FROM pg_authid WHERE rolname = $1', [login]);
    expect(rows[0].rolpassword).toMatch(/^SCRAM-SHA-256\$4096:/);
  });

  test('names POSTGRES_PASSWORD when Postgres refuses the owner’s password', async () => {
    const wrong = Object.assign(new URL(ownerUrl), { password: password() }).href;
    await expect(runMigrate(urlWith(second), wrong)).rejects.toMatchObject({
      stderr: expect.stringMatching(/^The password in MIGRATION_DATABASE_URL \(in compose: POSTGRES_PASSWORD in \.env\) is not the one/),
    });
  });

  test('refuses a DATABASE_URL whose login has an owner’s rights', async () => {
    await expect(runMigrate(ownerUrl)).rejects.toMatchObject({
      stderr: "DATABASE_URL logs in as postgres, which has an owner's rights: use another login\n",
    });
  });

  test('refuses a default password in DATABASE_URL', async () => {
    await expect(runMigrate(urlWith('postgres'))).rejects.toMatchObject({
      stderr: expect.stringContaining('DATABASE_URL: is a default or an example'),
    });
  });
});

test('accounts, jobs, agents, chats, the audit log and metrics work with the restricted login', async () => {
  const provisioned = await backend.as(user, 'POST', '/api/agents/provision', {
    name: 'Guarded',
    model: 'custom',
    config: { baseUrl: `http://host.docker.internal:${model.port}/v1`, model: 'echo-1', apiKey: canary('model-key-') },
  });
  expect(provisioned).toMatchObject({ status: 201, body: { agent: { status: 'running' } } });
  const { id } = provisioned.body.agent;
  const chat = await backend.as(user, 'POST', '/api/chat', { message: 'Good morning', agentId: id });
  expect(chat.body).toMatchObject({ reply: 'You said: Good morning' });
  await backend.context.boss.send('sweep', {});
  await backend.context.boss.supervise();
  const metrics = await fetch(`${backend.url}/metrics`, { headers: { authorization: `Bearer ${METRICS_TOKEN}` } });
  expect(await metrics.text()).toContain('agentbot_operation_duration_seconds_count{kind="provision",outcome="succeeded"} 1');
  expect((await backend.as(user, 'DELETE', `/api/agents/${id}`)).body).toEqual({ id, deleted: true });
  await backend.settled(id);
  const { body } = await backend.as(user, 'GET', '/api/audit');
  expect(body.entries.map(({ action }: { action: string }) => action)).toEqual(
    expect.arrayContaining(['provisionAgent', 'operation:provision', 'sendMessage', 'deleteAgent', 'operation:delete']),
  );
});

describe('an attacker with the backend’s login', () => {
  let attacker: pg.Client;
  beforeAll(async () => {
    attacker = new pg.Client({ connectionString: urlWith(second) });
    await attacker.connect();
  });
  afterAll(() => attacker.end());

  test('owns no relation, schema or function', async () => {
    const { rows } = await attacker.query(`
      SELECT (SELECT count(*)::int FROM pg_class WHERE pg_has_role(session_user, relowner, 'MEMBER')) AS relations,
        (SELECT count(*)::int FROM pg_namespace WHERE pg_has_role(session_user, nspowner, 'MEMBER')) AS schemas,
        (SELECT count(*)::int FROM pg_proc WHERE pg_has_role(session_user, proowner, 'MEMBER')) AS functions`);
    expect(rows).toEqual([{ relations: 0, schemas: 0, functions: 0 }]);
  });

  test.each([
    'SET ROLE postgres',
    'SET SESSION AUTHORIZATION postgres',
    'CREATE ROLE another',
    `ALTER ROLE ${login} SUPERUSER`,
    'CREATE TABLE mine (id int)',
    'CREATE SCHEMA mine',
    'ALTER TABLE agents DISABLE ROW LEVEL SECURITY',
    'ALTER TABLE agents NO FORCE ROW LEVEL SECURITY',
    'DROP POLICY tenant ON agents',
    'CREATE POLICY all_of_it ON agents USING (true)',
    'ALTER TABLE agents ADD COLUMN more int',
    'DROP TABLE agents',
    'TRUNCATE users CASCADE',
    'ALTER TABLE audit_log DISABLE TRIGGER ALL',
    'DROP TRIGGER append_only ON audit_log',
    "UPDATE audit_log SET action = 'x'",
    'DELETE FROM audit_log',
    'TRUNCATE audit_log',
    "INSERT INTO audit_log (owner_id, seq, hash) VALUES ('x', 1, '')",
    "UPDATE audit_heads SET hash = ''",
    'CREATE OR REPLACE FUNCTION audit_hash(entry audit_log) RETURNS text LANGUAGE sql AS $$ SELECT NULL::text $$',
    'DELETE FROM _prisma_migrations',
    'DELETE FROM payment_claims',
    'DROP TABLE pgboss.job',
    'ALTER TABLE pgboss.job DISABLE TRIGGER ALL',
    'DROP SCHEMA pgboss CASCADE',
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "SELECT pg_read_file('/etc/passwd')",
  ])('gets "insufficient privilege" for %s', async (statement) => {
    for (const role of [login, 'agentbot_app']) {
      await attacker.query(`SET ROLE ${role}`);
      // 42501 is "insufficient privilege".
      await expect(attacker.query(statement)).rejects.toMatchObject({ code: '42501' });
    }
  });

  test('reads no row of a tenant without setting an actor', async () => {
    await attacker.query('RESET ROLE');
    const { rows } = await attacker.query(
      'SELECT (SELECT count(*)::int FROM users) AS users, (SELECT count(*)::int FROM audit_log) AS entries',
    );
    expect(rows).toEqual([{ users: 0, entries: 0 }]);
  });
});

test('warnOfOwnerRights warns about a login with an owner’s rights only', async () => {
  const warnings: string[] = [];
  const log = pino({}, { write: (line) => void warnings.push(JSON.parse(line).msg) });
  await warnOfOwnerRights({ pool: backend.context.pool, log });
  expect(warnings).toEqual([]);
  const pool = new pg.Pool({ connectionString: ownerUrl, options: '-c role=agentbot_app' });
  await warnOfOwnerRights({ pool, log });
  await pool.end();
  expect(warnings).toEqual([expect.stringContaining("logs in with an owner's rights")]);
});
