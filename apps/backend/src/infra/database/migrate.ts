import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { ensureApplicationRole, grantRights, rightsIn } from './application-role.ts';
import { installQueue } from './install-queue.ts';

const directory = path.join(import.meta.dirname, '../../../prisma/migrations');
/** The advisory lock of `prisma migrate`: the two never run at the same time. */
const PRISMA_LOCK = 72_707_369;

const historyTable = `CREATE TABLE IF NOT EXISTS _prisma_migrations (
  id VARCHAR(36) PRIMARY KEY NOT NULL,
  checksum VARCHAR(64) NOT NULL,
  finished_at TIMESTAMPTZ,
  migration_name VARCHAR(255) NOT NULL,
  logs TEXT,
  rolled_back_at TIMESTAMPTZ,
  started_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  applied_steps_count INTEGER NOT NULL DEFAULT 0
)`;

async function applyOne(client: pg.Client, name: string, sql: string, checksum: string) {
  await client.query('BEGIN');
  try {
    await client.query(sql);
    await client.query(
      'INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name, applied_steps_count) VALUES ($1, $2, now(), $3, 1)',
      [randomUUID(), checksum, name],
    );
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw new Error(`Migration ${name} failed and was rolled back`, { cause: error });
  }
}

/** The names of all migrations of this version, in order. */
export async function knownMigrations(): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  return entries.flatMap((entry) => (entry.isDirectory() ? entry.name : [])).sort();
}

/**
 * Applies pending migrations, one transaction each, and records them in Prisma's history table. Then creates the
 * application's role and its rights, which a restored dump lacks, and installs the queue's tables.
 * @param connectionString logs in as the owner
 * @param only the migrations to apply, for a database of an earlier version; all by default
 * @returns the names of the applied migrations, in order
 * @throws Error when an applied migration was edited afterwards, or when a migration fails
 */
export async function migrate(connectionString: string, only?: string[]): Promise<string[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [PRISMA_LOCK]);
    await client.query(historyTable);
    await ensureApplicationRole(client);
    const history = await client.query<{ name: string; checksum: string }>(
      'SELECT migration_name AS name, checksum FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL',
    );
    const checksums = new Map(history.rows.map((row) => [row.name, row.checksum]));
    const names = (await knownMigrations()).filter((name) => !only || only.includes(name));
    const applied: string[] = [];
    const rights: string[] = [];
    for (const name of names) {
      const sql = await readFile(path.join(directory, name, 'migration.sql'), 'utf8');
      rights.push(...rightsIn(sql));
      const checksum = createHash('sha256').update(sql).digest('hex');
      if (checksums.has(name)) {
        if (checksums.get(name) !== checksum) throw new Error(`Migration ${name} was edited after it was applied`);
        continue;
      }
      await applyOne(client, name, sql, checksum);
      applied.push(name);
    }
    await grantRights(client, rights);
    await installQueue(client, connectionString);
    return applied;
  } finally {
    await client.end();
  }
}
