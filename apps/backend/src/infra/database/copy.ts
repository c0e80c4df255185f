import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';

/** A table's name with its schema, its columns in the order of a copy, and the number of its rows. */
export interface CopiedTable {
  name: string;
  columns: string[];
  rows: number;
}

/** A sequence and its position. */
export interface CopiedSequence {
  name: string;
  value: string;
  isCalled: boolean;
}

/** The history of migrations is written by `migrate`; the queue's jobs belong to processes that are gone at a restore. */
const COPIED_SCHEMA = 'public';
const HISTORY = '_prisma_migrations';

const quoted = (name: string) => name.split('.').map(pg.escapeIdentifier).join('.');
const list = (columns: string[]) => columns.map(pg.escapeIdentifier).join(', ');

/** Every table that has rows of its own, with the columns that can be written. */
async function tablesOf(client: pg.Client): Promise<{ name: string; columns: string[] }[]> {
  const { rows } = await client.query<{ name: string; columns: string[] }>(
    `SELECT n.nspname || '.' || c.relname AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
     WHERE c.relkind = 'r' AND n.nspname = $1 AND c.relname <> $2 AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
     GROUP BY 1 ORDER BY 1`,
    [COPIED_SCHEMA, HISTORY],
  );
  return rows;
}

/**
 * Reads the rows of all tables as they are at one moment, in Postgres' text format, while the database is in use.
 * @param client a connection of the owner, which must see every tenant's rows
 * @param write stores the content of one table
 * @returns the applied migrations, in order, and what was read
 * @throws Error when row-level security hides rows from the login
 * @see https://www.postgresql.org/docs/current/sql-copy.html
 */
export async function copyOut(client: pg.Client, write: (table: string, content: Readable) => Promise<void>) {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  try {
    // Postgres then refuses to read a table whose policies would hide rows.
    await client.query('SET LOCAL row_security = off');
    const history = await client.query<{ name: string }>(
      `SELECT migration_name AS name FROM ${HISTORY} WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL ORDER BY 1`,
    );
    const tables: CopiedTable[] = [];
    for (const { name, columns } of await tablesOf(client)) {
      const stream = client.query(copyTo(`COPY ${quoted(name)} (${list(columns)}) TO STDOUT`));
      await write(name, stream);
      tables.push({ name, columns, rows: stream.rowCount });
    }
    const { rows: sequences } = await client.query<{ name: string }>(
      `SELECT schemaname || '.' || sequencename AS name FROM pg_sequences WHERE schemaname = $1 ORDER BY 1`,
      [COPIED_SCHEMA],
    );
    const positions: CopiedSequence[] = [];
    for (const { name } of sequences) {
      const { rows } = await client.query<{ value: string; isCalled: boolean }>(
        `SELECT last_value::text AS value, is_called AS "isCalled" FROM ${quoted(name)}`,
      );
      if (rows[0]) positions.push({ name, ...rows[0] });
    }
    return { migrations: history.rows.map(({ name }) => name), tables, sequences: positions };
  } finally {
    await client.query('ROLLBACK');
  }
}

/**
 * Writes copied rows into a database with the same migrations, in one transaction. Replaces the rows that migrations wrote.
 * @param client a connection of the owner; it must be a superuser, since triggers and foreign keys rest meanwhile
 * @param read opens the content of one table
 * @throws Error when a table has another number of rows than were copied
 */
export async function copyIn(
  client: pg.Client,
  { tables, sequences }: { tables: CopiedTable[]; sequences: CopiedSequence[] },
  read: (table: string) => Promise<Readable>,
): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query('SET LOCAL session_replication_role = replica');
    if (tables.length) await client.query(`TRUNCATE ${tables.map(({ name }) => quoted(name)).join(', ')}`);
    for (const { name, columns, rows } of tables) {
      const stream = client.query(copyFrom(`COPY ${quoted(name)} (${list(columns)}) FROM STDIN`));
      await pipeline(await read(name), stream);
      if (stream.rowCount !== rows) throw new Error(`${name} has ${stream.rowCount} rows in this backup, and had ${rows}`);
    }
    for (const { name, value, isCalled } of sequences) await client.query('SELECT setval($1, $2, $3)', [name, value, isCalled]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}
