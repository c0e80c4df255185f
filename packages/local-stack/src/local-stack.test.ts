import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { createDatabase, removePostgresData, startPostgres } from './postgres.ts';
import { loadOrCreateSecrets } from './secrets.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'local-stack-'));
});
afterAll(async () => {
  removePostgresData(path.join(folder, 'postgres'));
  await rm(folder, { recursive: true, force: true });
});

async function query(connectionString: string, sql: string) {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

test('startPostgres requires the password, reuses a running server, and keeps the data after a restart', async () => {
  const options = { dataDir: path.join(folder, 'postgres'), durable: false };
  const first = await startPostgres(options);
  await createDatabase(first.url(), 'kept');
  await createDatabase(first.url(), 'kept');
  await query(first.url('kept'), 'CREATE TABLE note AS SELECT 42 AS answer');
  await expect(query(first.url('kept').replace(/:[^:@]+@/, ':wrong@'), 'SELECT 1')).rejects.toThrow(/password authentication failed/);

  const again = await startPostgres(options);
  expect(again.port).toBe(first.port);
  await first.stop();
  await expect(query(first.url('kept'), 'SELECT 1')).rejects.toThrow();

  const restarted = await startPostgres(options);
  expect(await query(restarted.url('kept'), 'SELECT answer FROM note')).toEqual([{ answer: 42 }]);
  await restarted.stop();
});

test('loadOrCreateSecrets creates each secret once with mode 0600, and the environment takes precedence', async () => {
  const file = path.join(folder, 'secrets', 'secrets.env');
  const made = loadOrCreateSecrets(file, {});
  expect(made.INTERNAL_API_KEY).toMatch(/^[0-9a-f]{64}$/);
  expect(Buffer.from(made.ENCRYPTION_KEYS.split(':')[1] ?? '', 'base64')).toHaveLength(32);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(loadOrCreateSecrets(file, {})).toEqual(made);
  expect(loadOrCreateSecrets(file, { INTERNAL_API_KEY: 'given' }).INTERNAL_API_KEY).toBe('given');

  await writeFile(file, `NEXTAUTH_SECRET=${made.NEXTAUTH_SECRET}\n`);
  const completed = loadOrCreateSecrets(file, {});
  expect(completed.NEXTAUTH_SECRET).toBe(made.NEXTAUTH_SECRET);
  expect(loadOrCreateSecrets(file, {})).toEqual(completed);
});

test('the installation is backed up and restored by its commands', async () => {
  const server = await startPostgres({ dataDir: path.join(folder, 'postgres'), durable: false });
  const dataDir = path.join(folder, 'installation');
  const run = async (database: string, ...command: string[]) => {
    const child = spawn(process.execPath, [path.join(import.meta.dirname, 'backend-command.ts'), ...command], {
      env: { PATH: process.env.PATH, DATA_DIR: dataDir, DATABASE_URL: server.url(database) },
    });
    const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    return { output, errors, code };
  };
  try {
    for (const name of ['first', 'second']) await createDatabase(server.url(), name);
    await run('first', 'src/app/cli/migrate.ts');
    await query(server.url('first'), "INSERT INTO users (id, email, updated_at) VALUES ('user_1', 'ada@example.com', now())");
    const made = await run('first', 'src/app/cli/installation-backup.ts', '--database-only');
    expect(made).toMatchObject({ code: 0, errors: '', output: expect.stringContaining(path.join(dataDir, 'installation-backups')) });
    const restored = await run('second', 'src/app/cli/installation-restore.ts');
    expect(restored).toMatchObject({ code: 0, errors: '', output: expect.stringContaining(': 1 accounts, 0 agents, 0 archives') });
    expect(await query(server.url('second'), "SELECT email FROM users WHERE id <> 'service'")).toEqual([{ email: 'ada@example.com' }]);
  } finally {
    await server.stop();
  }
});
