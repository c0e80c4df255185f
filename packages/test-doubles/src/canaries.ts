import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { constants, gunzipSync } from 'node:zlib';
import pg from 'pg';

/** Secrets that tests plant, and the search for them in everything that the system wrote. */

const MARK = 'CANARY7f3ad2b9c05e4861a7';

/** A secret that `findInClear` recognizes in plain text; the same prefix gives the same secret. */
export const canary = (prefix: string) => prefix + MARK;

/** An envelope key, 32 bytes in base64, that `findInClear` recognizes. */
export const canaryKey = () => Buffer.concat([Buffer.from(MARK), randomBytes(32 - MARK.length)]).toString('base64');

/** The base64 form of the mark after `offset` other bytes. */
function inBase64(offset: number): string {
  const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(MARK)]);
  return bytes.toString('base64').slice(Math.ceil((offset * 8) / 6), Math.floor((bytes.length * 8) / 6));
}

const forms = [MARK, Buffer.from(MARK).toString('hex'), ...[0, 1, 2].map(inBase64)];
const inClear: [string, RegExp][] = [
  ['a canary', new RegExp(forms.join('|'), 'gi')],
  ['an assertion', /\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{20,}/g],
  ['an API key', /\bsk_[A-Za-z0-9_-]{32,}/g],
];

/**
 * Finds planted secrets, and credentials that the system has issued.
 * @param places the written texts, by the name of their place
 * @returns a sentence per match with the text before it; empty when no secret is in plain text
 */
export function findInClear(places: Record<string, string>): string[] {
  return Object.entries(places).flatMap(([place, text]) =>
    inClear.flatMap(([what, pattern]) =>
      [...text.matchAll(pattern)]
        .slice(0, 5)
        .map(({ index }) => `${what} in ${place}, after …${text.slice(Math.max(0, index - 120), index)}`),
    ),
  );
}

/**
 * Every row of every table, including the queue's, as one text.
 * @param url the database's address, with a login that bypasses row-level security
 */
export async function dumpDatabase(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('public', 'pgboss')",
    );
    const parts: string[] = [];
    for (const { name } of tables) {
      const { rows } = await client.query<{ row: string }>(`SELECT to_jsonb(t)::text AS row FROM ${name} t`);
      parts.push(name, ...rows.map(({ row }) => row));
    }
    return parts.join('\n');
  } finally {
    await client.end();
  }
}

/** The content of a gzip archive, even of an incomplete one; other bytes unchanged. */
export function openArchive(bytes: Buffer): string {
  const isGzip = bytes.subarray(0, 2).equals(Buffer.from([0x1f, 0x8b]));
  return (isGzip ? gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }) : bytes).toString('latin1');
}

/** The content of every file below a directory, with archives opened; empty when the directory does not exist. */
export async function readFiles(directory: string): Promise<string> {
  if (!existsSync(directory)) return '';
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  return (await Promise.all(files.map(async (file) => openArchive(await readFile(file))))).join('\n');
}
