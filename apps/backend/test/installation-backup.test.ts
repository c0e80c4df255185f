import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { createDatabase } from '@agentbot/local-stack/postgres';
import { startBucket } from '@agentbot/test-doubles/bucket';
import { canary, canaryKey, dumpDatabase, findInClear } from '@agentbot/test-doubles/canaries';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { makeStandIn } from '@agentbot/test-doubles/stand-in';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { PgBoss } from 'pg-boss';
import { backUpAgents, backUpInstallation, removeOldInstallationBackups } from '../src/app/installation-backup.ts';
import { restoreInstallation } from '../src/app/installation-restore.ts';
import { applyRetention } from '../src/domain/backups/retention.ts';
import { createEnvelope } from '../src/infra/crypto/envelope.ts';
import { openDatabase } from '../src/infra/database/database.ts';
import { QUEUE_SCHEMA } from '../src/infra/database/install-queue.ts';
import { knownMigrations, migrate } from '../src/infra/database/migrate.ts';
import { randomName } from '../src/shared/ids.ts';
import { removeLeftovers, startBackend, startBackendWithDocker, type TestBackend } from './backend.ts';
import { containersOn } from './containers.ts';

/** Backups of the whole installation: the database, the agents' volumes and their archives are lost, and come back. */

const IMAGE = 'agentbot/openclaw-test:stand-in-installation';
const KEYS = `first:${canaryKey()}`;
const { container, docker, writeNote, readNote } = containersOn();
let removeImage: () => Promise<void>;
let before: Awaited<ReturnType<typeof startBackendWithDocker>>;
let folder: string;
let owner: string;
/** The name of the backup that the tests restore. */
let name: string;

beforeAll(async () => {
  removeImage = await makeStandIn('agentbot/openclaw:2026.3.13', IMAGE);
  folder = await newFolder();
  before = await startBackendWithDocker('installation', { OPENCLAW_IMAGE: IMAGE, ENCRYPTION_KEYS: KEYS });
  owner = await before.account('kept@example.com');
});
afterAll(async () => {
  // It was left by the test of its loss.
  await removeLeftovers(before.config.INSTALLATION);
  await rm(before.config.BACKUP_DIR, { recursive: true, force: true });
  await removeImage?.();
  for (const each of folders) await rm(each, { recursive: true, force: true });
});

const folders: string[] = [];
async function newFolder(): Promise<string> {
  const made = await mkdtemp(path.join(os.tmpdir(), 'agentbot-installation-'));
  folders.push(made);
  return made;
}
async function emptyDatabase(): Promise<string> {
  const database = `restored_${randomName(8)}`;
  const admin = process.env.TEST_POSTGRES_URL as string;
  await createDatabase(admin, database);
  return admin.replace(/\/postgres$/, `/${database}`);
}
async function tableCount(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query(
    "SELECT count(*)::int AS n FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')",
  );
  await client.end();
  return rows[0].n;
}
/** Every row of the product's own tables, sorted: the order of rows is not a part of a table. */
async function rowsOf(url: string): Promise<string[]> {
  const text = await dumpDatabase(url);
  const isOwn = (line: string) => line.startsWith('{') && !line.includes('"migration_name"');
  return text.split('\n').filter(isOwn).sort();
}
async function query(url: string, sql: string) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return (await client.query(sql).finally(() => client.end())).rows;
}
const backUp = (backend: TestBackend = before, settings: object = {}, now?: Date) =>
  backUpInstallation(
    { ...backend.config, INSTALLATION_BACKUP_DIR: folder, ...settings },
    createEnvelope(KEYS),
    backend.config.DATABASE_URL,
    now,
  );
const restore = (to: string, { keys = KEYS, settings = {}, backup = name }: { keys?: string; settings?: object; backup?: string } = {}) =>
  restoreInstallation({ ...before.config, INSTALLATION_BACKUP_DIR: folder, ...settings }, createEnvelope(keys), to, backup);
const deploy = (id: string) =>
  before.machine(owner, 'POST', '/api/deployments', { agentId: id, config: { telegramToken: canary('1:'), plan: 'network' } });

test('a backup archives every agent anew, and holds database and archives in files of the operator alone', async () => {
  await before.as(owner, 'PUT', `/api/admin/users/${owner}/plan`, { plan: 'network' });
  await deploy('moved');
  await writeNote('moved', 'before the backup');
  await before.machine(owner, 'POST', '/api/chat', { agentId: 'moved', message: 'Remember the heron' });
  expect(await backUpAgents(before.context, { pollMs: 50 })).toEqual([]);
  const made = await backUp();
  name = made.name;
  expect(made.place).toBe(path.join(folder, name));
  const { manifest } = made;
  expect(manifest).toMatchObject({ format: 1, installation: before.config.INSTALLATION, keyIds: ['first'], sealedKey: null, missing: [] });
  expect(manifest.archives).toHaveLength(1);
  // The numbers of rows as another client counts them.
  const client = new pg.Client({ connectionString: before.config.DATABASE_URL });
  await client.connect();
  for (const table of ['users', 'agents', 'agent_secrets', 'messages']) {
    const { rows } = await client.query(`SELECT count(*)::int AS n FROM ${table}`);
    expect([table, manifest.tables.find((each) => each.name === `public.${table}`)?.rows]).toEqual([table, rows[0].n]);
  }
  await client.end();
  const files = await readdir(made.place);
  expect(files.sort()).toEqual(['manifest.json', ...manifest.tables.map((table) => `${table.name}.copy.gz`)].sort());
  for (const file of files) expect([file, ((await stat(path.join(made.place, file))).mode & 0o777).toString(8)]).toEqual([file, '600']);
  const texts = await Promise.all(
    manifest.tables.map(async (table) => gunzipSync(await readFile(path.join(made.place, `${table.name}.copy.gz`))).toString()),
  );
  expect(findInClear({ backup: texts.join('\n') })).toEqual([]);
});

test('the owner’s own backups do not make room for those of the installation', async () => {
  await before.machine(owner, 'PUT', '/api/agents/moved/backups/schedule', { everyHours: null, keep: 2, keepDays: 30 });
  for (let count = 0; count < 2; count++) await before.machine(owner, 'POST', '/api/agents/moved/backups');
  for (let count = 0; count < 2; count++) await backUpAgents(before.context, { pollMs: 50 });
  const agent = await before.context.database.as('service', (tx) => tx.agent.findUniqueOrThrow({ where: { id: 'moved' } }));
  expect(await applyRetention(before.context, agent)).toBe(0);
  const { backups } = (await before.machine(owner, 'GET', '/api/agents/moved/backups')).body;
  expect(backups.map(({ cause }: { cause: string }) => cause)).toEqual(['installation', 'manual', 'manual']);
});

describe('a restore changes nothing', () => {
  test('when the database has accounts', async () => {
    await expect(restore(before.config.DATABASE_URL)).rejects.toThrow('The database has accounts already: a restore needs an empty one');
  });

  test('when a key of the backup is not configured', async () => {
    const url = await emptyDatabase();
    await expect(restore(url, { keys: `other:${canaryKey()}` })).rejects.toThrow(/^ENCRYPTION_KEYS lacks first: /);
    expect(await tableCount(url)).toBe(0);
  });

  test.each([
    [
      'a table',
      async (copy: string) => path.join(copy, name, 'public.users.copy.gz'),
      'public.users.copy.gz is damaged: its checksum differs',
    ],
    [
      'an archive',
      async (copy: string) => path.join(copy, 'archives', (await readdir(path.join(copy, 'archives')))[0] ?? ''),
      / is damaged: its checksum differs$/,
    ],
  ])('when one byte of %s differs', async (_what, fileOf, sentence) => {
    const copy = await newFolder();
    await cp(folder, copy, { recursive: true });
    const file = await fileOf(copy);
    const content = await readFile(file);
    content[content.length - 1] = (content.at(-1) ?? 0) ^ 1;
    await writeFile(file, content);
    const url = await emptyDatabase();
    await expect(restore(url, { settings: { INSTALLATION_BACKUP_DIR: copy } })).rejects.toThrow(sentence);
    expect(await tableCount(url)).toBe(0);
  });

  test('when the backup is of a newer version', async () => {
    const copy = await newFolder();
    await cp(folder, copy, { recursive: true });
    const file = path.join(copy, name, 'manifest.json');
    const manifest = JSON.parse(await readFile(file, 'utf8'));
    await writeFile(file, JSON.stringify({ ...manifest, migrations: [...manifest.migrations, '20991231000000_later'] }));
    const url = await emptyDatabase();
    await expect(restore(url, { settings: { INSTALLATION_BACKUP_DIR: copy } })).rejects.toThrow(
      'The backup is of a newer version of Agentbot: this one does not know 20991231000000_later',
    );
    expect(await tableCount(url)).toBe(0);
  });

  test.each(['2020-01-01', '../outside'])('when there is no backup of the name %s', async (backup) => {
    await expect(restore(await emptyDatabase(), { backup })).rejects.toThrow(`There is no backup ${backup}`);
  });
});

test('a sealed backup in a bucket comes back with every row as it was', async () => {
  const bucket = await startBucket({ accessKeyId: 'key-of-the-bucket', secretAccessKey: canary('secret-of-the-bucket-') });
  const settings = {
    BACKUP_ENCRYPTION: true,
    BACKUP_S3_BUCKET: 'kept',
    BACKUP_S3_ENDPOINT: bucket.url,
    BACKUP_S3_ACCESS_KEY_ID: 'key-of-the-bucket',
    BACKUP_S3_SECRET_ACCESS_KEY: canary('secret-of-the-bucket-'),
  };
  // The backend runs on: only rows that nobody writes meanwhile can be compared.
  const made = await backUp(before, settings);
  expect(made.place).toBe(`s3://kept/installation/${made.name}`);
  const stored = [...bucket.objects.keys()];
  expect(stored.at(-1)).toBe(`/kept/installation/${made.name}/manifest.json`);
  expect(() => gunzipSync(bucket.objects.get(`/kept/installation/${made.name}/public.users.copy.gz`) as Buffer)).toThrow(
    'incorrect header check',
  );
  const url = await emptyDatabase();
  expect(await restore(url, { settings, backup: made.name })).toMatchObject({ accounts: 1, agents: 1, dropped: 0 });
  const lasting = /"(password_hash|sealed|cause|content|chain_head)":/;
  const rows = (await rowsOf(url)).filter((row) => lasting.test(row));
  expect(rows.length).toBeGreaterThan(5);
  expect(rows).toEqual((await rowsOf(before.config.DATABASE_URL)).filter((row) => lasting.test(row)));
  await bucket.close();
});

/** Runs the command that operators call. */
function start(args: string[], settings: { INSTALLATION_BACKUP_DIR: string }) {
  return spawn(process.execPath, ['src/app/cli/installation-backup.ts', ...args], {
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: before.config.DATABASE_URL,
      ENCRYPTION_KEYS: KEYS,
      BACKUP_DIR: before.config.BACKUP_DIR,
      ...settings,
    },
  });
}
async function command(args: string[]) {
  const child = start(args, { INSTALLATION_BACKUP_DIR: await newFolder() });
  const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { output, errors, code };
}
const archiveCount = () => before.context.database.as('service', (tx) => tx.operation.count({ where: { kind: 'backup' } }));

test('the command with --database-only archives no agent anew', async () => {
  const count = await archiveCount();
  const { output, errors, code } = await command(['--database-only']);
  expect([code, errors]).toEqual([0, '']);
  expect(output).toMatch(
    /rows of \d+ tables, 3 archives of agents\nKeep these keys of ENCRYPTION_KEYS elsewhere, they are not in it: first\n$/,
  );
  expect(await archiveCount()).toBe(count);
});

test.each([
  [['--every', '0'], '--every needs a number of hours above 0'],
  [['--every', 'daily'], '--every needs a number of hours above 0'],
  [['--secret'], /Unknown option '--secret'/],
])('the command refuses %j', async (args, sentence) => {
  const { output, errors, code } = await command(args);
  expect([code, output]).toEqual([1, '']);
  expect(errors).toMatch(sentence);
});

test('an agent that cannot be archived is named, the backup is made, and the command fails', async () => {
  await deploy('pruned');
  await before.machine(owner, 'POST', '/api/agents/pruned/stop');
  await container('pruned').remove({ force: true });
  await docker.getVolume('openclaw-data-pruned').remove({ force: true });
  const { output, errors, code } = await command([]);
  expect(code).toBe(1);
  expect(errors).toMatch(/^pruned was not archived anew: The agent's data is gone from this machine\. /);
  expect(output).toContain('3 archives of agents');
  expect((await before.machine(owner, 'DELETE', '/api/agents/pruned')).status).toBe(200);
});

test('a backup of an earlier version is migrated to this one at its restore', async () => {
  const earlier = (await knownMigrations()).slice(0, -1);
  const [from, to] = [await emptyDatabase(), await emptyDatabase()];
  await migrate(from, earlier);
  await query(from, "INSERT INTO users (id, email, updated_at) VALUES ('user_early', 'early@example.com', now())");
  const made = await backUpInstallation({ ...before.config, INSTALLATION_BACKUP_DIR: folder }, createEnvelope(KEYS), from);
  expect(made.manifest.migrations).toEqual(earlier);
  expect(await restore(to, { backup: made.name })).toMatchObject({ accounts: 1, agents: 0 });
  expect(await query(to, "SELECT email FROM users WHERE id <> 'service'")).toEqual([{ email: 'early@example.com' }]);
  // A database that has been started once has the later migrations, which would not change the rows of the backup.
  const started = await emptyDatabase();
  await migrate(started);
  await expect(restore(started, { backup: made.name })).rejects.toThrow('The database is of a later version than the backup');
  expect(await restore(started, { settings: { BACKUP_DIR: await newFolder() } })).toMatchObject({ accounts: 1, agents: 1 });
  const applied = await query(to, 'SELECT migration_name AS name FROM _prisma_migrations ORDER BY 1');
  expect(applied.map(({ name }) => name)).toEqual(await knownMigrations());
  await rm(made.place, { recursive: true });
});

test('an operation that ran at the moment of the backup ends as failed after a restore', async () => {
  const { id } = (await before.machine(owner, 'POST', '/api/agents', { name: 'In the middle' })).body;
  await before.settled(id);
  await query(
    before.config.DATABASE_URL,
    `INSERT INTO operations (id, agent_id, owner_id, kind, state, created_at)
     VALUES ('op_middle', '${id}', '${owner}', 'repair', 'running', now() - interval '1 minute')`,
  );
  const made = await backUp();
  await query(before.config.DATABASE_URL, "DELETE FROM operations WHERE id = 'op_middle'");
  expect((await before.machine(owner, 'DELETE', `/api/agents/${id}`)).status).toBe(200);
  const url = await emptyDatabase();
  await restore(url, { backup: made.name, settings: { BACKUP_DIR: await newFolder() } });
  const after = await startBackend({ DATABASE_URL: url, ENCRYPTION_KEYS: KEYS });
  try {
    await after.settled(id);
    const { operations } = (await after.machine(owner, 'GET', `/api/agents/${id}/operations`)).body;
    expect(operations.find((each: { id: string }) => each.id === 'op_middle')).toMatchObject({
      state: 'failed',
      error: 'The operation was interrupted and could not be resumed. Try again.',
    });
  } finally {
    await after.stop();
  }
  await rm(made.place, { recursive: true });
});

test('without a running backend the backup of the agents is refused, and leaves no operation open', async () => {
  const url = await emptyDatabase();
  await restore(url, { settings: { BACKUP_DIR: await newFolder() } });
  const database = await openDatabase(url);
  const boss = new PgBoss({ connectionString: url, schema: QUEUE_SCHEMA, migrate: false, supervise: false, schedule: false });
  await boss.start();
  try {
    await boss.createQueue('slow-agent-operations');
    await expect(backUpAgents({ database, boss }, { pollMs: 20, pickUpMs: 100 })).rejects.toThrow(
      /^No backend takes up the backups of the agents\. /,
    );
    expect(await query(url, 'SELECT state FROM operations WHERE finished_at IS NULL')).toEqual([]);
  } finally {
    await boss.stop();
    await database.close();
  }
});

test('an archive that is gone from the store is named, and its row is dropped at the restore', async () => {
  const [last] = await query(before.config.DATABASE_URL, "SELECT name FROM backups WHERE cause = 'manual' LIMIT 1");
  await rename(path.join(before.config.BACKUP_DIR, last.name), path.join(before.config.BACKUP_DIR, 'hidden'));
  try {
    const empty = { INSTALLATION_BACKUP_DIR: await newFolder() };
    const made = await backUp(before, empty);
    expect(made.manifest.missing).toEqual([last.name]);
    expect(made.manifest.archives).toHaveLength(2);
    const url = await emptyDatabase();
    expect(await restore(url, { backup: made.name, settings: { ...empty, BACKUP_DIR: await newFolder() } })).toMatchObject({
      archives: 2,
      dropped: 1,
    });
    expect(await query(url, `SELECT FROM backups WHERE name = '${last.name}'`)).toEqual([]);
  } finally {
    await rename(path.join(before.config.BACKUP_DIR, 'hidden'), path.join(before.config.BACKUP_DIR, last.name));
  }
});

test('the schedule goes on after a backup that failed, and ends with SIGTERM', async () => {
  const target = await newFolder();
  const file = path.join(target, 'a-file');
  await writeFile(file, 'no folder');
  // A tenth of a second between two backups.
  const child = start(['--database-only', '--every', String(0.1 / 3600)], { INSTALLATION_BACKUP_DIR: file });
  let [output, errors] = ['', ''];
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  await pollUntil('two backups have failed', () => errors.split('The backup failed: ').length > 2, { seconds: 30 });
  await rm(file);
  await pollUntil('a backup succeeds', () => output.includes('archives of agents'), { seconds: 30 });
  child.kill('SIGTERM');
  expect(await once(child, 'close')).toEqual([0, null]);
});

test('on an empty machine the account signs in, and its agent runs again by itself with its data', async () => {
  await before.leave();
  await container('moved').remove({ force: true });
  await docker.getVolume('openclaw-data-moved').remove({ force: true });
  const newStore = await newFolder();
  const url = await emptyDatabase();
  // The later archives were made after this backup: it names its own one only.
  expect(await restore(url, { settings: { BACKUP_DIR: newStore } })).toEqual({ accounts: 1, agents: 1, archives: 1, dropped: 0 });
  const { AGENT_SUBNET, AGENT_PORT_BASE, MODEL_GATEWAY_PORT, INSTALLATION } = before.config;
  const after = await startBackendWithDocker('restored', {
    DATABASE_URL: url,
    OPENCLAW_IMAGE: IMAGE,
    ENCRYPTION_KEYS: KEYS,
    BACKUP_DIR: newStore,
    INSTALLATION,
    AGENT_SUBNET,
    AGENT_PORT_BASE: String(AGENT_PORT_BASE),
    MODEL_GATEWAY_PORT: String(MODEL_GATEWAY_PORT),
  });
  try {
    const hasContainer = () =>
      container('moved')
        .inspect()
        .then(
          () => true,
          () => false,
        );
    await pollUntil('the agent has a container', hasContainer, { seconds: 120, everyMs: 200 });
    const status = async () => (await after.machine(owner, 'GET', '/api/agents/moved')).body.status;
    await pollUntil('the agent runs', async () => (await status()) === 'active', { seconds: 120, everyMs: 200 });
    expect(await readNote('moved')).toBe('before the backup');
    expect((await after.as(owner, 'GET', '/api/me')).body).toMatchObject({ email: 'kept@example.com', admin: true });
    const { messages } = (await after.machine(owner, 'GET', '/api/agents/moved/messages')).body;
    expect(messages.map(({ content }: { content: string }) => content)).toContain('You said: Remember the heron');
    expect((await after.machine(owner, 'POST', '/api/chat', { agentId: 'moved', message: 'Well?' })).body.reply).toBe('You said: Well?');
  } finally {
    await after.stop();
  }
});

test('only the newest backups stay, with the archives that they name', async () => {
  const config = { ...before.config, INSTALLATION_BACKUP_DIR: folder };
  await writeFile(path.join(folder, 'archives', 'of-nobody.tar.gz'), 'x');
  await mkdir(path.join(folder, '2020-01-01T00-00-00-000Z.partial'));
  const names: string[] = [];
  for (const day of [1, 2]) names.push((await backUp(before, {}, new Date(Date.UTC(2030, 0, day)))).name);
  expect(await removeOldInstallationBackups(config, 2)).toEqual([name]);
  expect((await readdir(folder)).sort()).toEqual([...names, 'archives'].sort());
  expect(await readdir(path.join(folder, 'archives'))).not.toContain('of-nobody.tar.gz');
});
