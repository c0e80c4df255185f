import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { copyFile, link, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGzip } from 'node:zlib';
import { AppError } from '@agentbot/contracts';
import pg from 'pg';
import type { PgBoss } from 'pg-boss';
import { z } from 'zod';
import type { InstallationConfig } from '../config/config.ts';
import { beginOperation } from '../domain/operations/operations.ts';
import { type BackupStore, createBackupStore } from '../infra/backup-store/backup-store.ts';
import type { Envelope } from '../infra/crypto/envelope.ts';
import { sealStream } from '../infra/crypto/sealed-stream.ts';
import { copyOut } from '../infra/database/copy.ts';
import type { Database } from '../infra/database/database.ts';

/**
 * A backup of the whole installation: the database, and the newest data of every agent. Layout of a backup `<name>`:
 * `<name>/manifest.json` and `<name>/<table>.copy.gz`; archives of agents' data stand beside it in `archives/`, once for all
 * backups. With BACKUP_S3_BUCKET the backup is written below `installation/` in the bucket, where the archives are already.
 */

const checksum = z.string().regex(/^[0-9a-f]{64}$/);

/** What a backup holds. Files are checked against it before a restore changes anything. */
export const manifestShape = z.object({
  format: z.literal(1),
  installation: z.string(),
  createdAt: z.iso.datetime(),
  /** The migrations of the database, in order. */
  migrations: z.array(z.string()),
  /** The ids of the keys in ENCRYPTION_KEYS that the secrets of this backup are sealed with. The backup does not contain the keys. */
  keyIds: z.array(z.string()),
  /** The data key of the tables' files, sealed; null when they are not encrypted. */
  sealedKey: z.string().nullable(),
  tables: z.array(z.object({ name: z.string(), columns: z.array(z.string()), rows: z.int(), sha256: checksum })),
  sequences: z.array(z.object({ name: z.string(), value: z.string(), isCalled: z.boolean() })),
  archives: z.array(z.object({ name: z.string(), sha256: checksum })),
  /** Archives that the database names and the store no longer had. */
  missing: z.array(z.string()),
});

export type Manifest = z.infer<typeof manifestShape>;

/** What the data key of a backup is sealed for. */
export const installationKeyContext = (name: string) => `installation|${name}`;

/** The prefix of installation backups in a bucket. */
const BUCKET_PREFIX = 'installation/';
const MANIFEST = 'manifest.json';
/** A backup is named after its time. */
const BACKUP_NAME = /^\d{4}-\d\d-\d\dT[\d-]+Z$/;
const PARTIAL = '.partial';
/** The folder of agents' archives beside the backups. */
export const ARCHIVES = 'archives';
export const tableFile = (table: string) => `${table}.copy.gz`;

type Settings = Omit<InstallationConfig, 'DATABASE_URL' | 'MIGRATION_DATABASE_URL' | 'ENCRYPTION_KEYS' | 'INSTALLATION_BACKUP_KEEP'>;

/** Opens files of a backup by name. @param name the backup's name */
export async function openInstallationBackup(config: Settings, name: string): Promise<Pick<BackupStore, 'read'>> {
  if (config.BACKUP_S3_BUCKET) {
    const store = await createBackupStore(config);
    return { read: (file) => store.read(`${BUCKET_PREFIX}${name}/${file}`) };
  }
  return { read: async (file) => createReadStream(path.join(config.INSTALLATION_BACKUP_DIR, name, file)) };
}

/** The names of the finished backups in the folder, oldest first. A bucket is not listed. */
export async function listInstallationBackups({
  INSTALLATION_BACKUP_DIR,
}: Pick<InstallationConfig, 'INSTALLATION_BACKUP_DIR'>): Promise<string[]> {
  const entries = await readdir(INSTALLATION_BACKUP_DIR, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return entries
    .filter((entry) => entry.isDirectory() && BACKUP_NAME.test(entry.name))
    .map(({ name }) => name)
    .sort();
}

/**
 * Backs up the data of every agent that has a container, through the queue of the running backends, and waits for the end.
 * @param options `pickUpMs`: how long a backend may take until it begins the first of them
 * @returns the ids of the agents whose data could not be backed up, with the reason
 * @throws Error when no backend begins one
 */
export async function backUpAgents(
  { database, boss }: { database: Database; boss: PgBoss },
  { pollMs = 1_000, pickUpMs = 60_000 } = {},
): Promise<{ agentId: string; reason: string }[]> {
  const agents = await database.as('service', (tx) => tx.agent.findMany({ where: { runtime: 'container' } }));
  const failed: { agentId: string; reason: string }[] = [];
  const begun: string[] = [];
  for (const agent of agents) {
    if (!agent.containerSpec) continue;
    try {
      const operation = await database.as('service', (tx) =>
        beginOperation(tx, boss, agent, 'backup', { input: { cause: 'installation' } }),
      );
      begun.push(operation.id);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      failed.push({ agentId: agent.id, reason: error.message });
    }
  }
  const start = Date.now();
  for (;;) {
    const count = (where: object) => database.as('service', (tx) => tx.operation.count({ where: { id: { in: begun }, ...where } }));
    const [open, queued] = await Promise.all([count({ finishedAt: null }), count({ state: 'queued' })]);
    if (open === 0) break;
    if (queued === begun.length && Date.now() - start > pickUpMs) {
      const cancelled = { state: 'cancelled', error: 'No backend took up the backup', finishedAt: new Date() } as const;
      await database.as('service', (tx) => tx.operation.updateMany({ where: { id: { in: begun }, state: 'queued' }, data: cancelled }));
      throw new Error('No backend takes up the backups of the agents. Start it, or use --database-only');
    }
    await sleep(pollMs);
  }
  const unsuccessful = await database.as('service', (tx) =>
    tx.operation.findMany({ where: { id: { in: begun }, state: { not: 'succeeded' } }, select: { agentId: true, error: true } }),
  );
  return [...failed, ...unsuccessful.map(({ agentId, error }) => ({ agentId, reason: error ?? 'It was cancelled' }))];
}

/** Every key that seals a value in the database, by its id in the value. */
async function usedKeys(client: pg.Client): Promise<string[]> {
  const columns = await client.query<{ table: string; column: string }>(
    `SELECT table_name AS "table", column_name AS "column" FROM information_schema.columns
     WHERE table_schema = 'public' AND column_name IN ('sealed', 'sealed_body', 'sealed_key')`,
  );
  const ids = columns.rows.map(
    ({ table, column }) => `SELECT split_part(${pg.escapeIdentifier(column)}, '.', 2) AS id FROM ${pg.escapeIdentifier(table)}
      WHERE ${pg.escapeIdentifier(column)} LIKE 'v1.%'`,
  );
  const { rows } = await client.query<{ id: string }>(`SELECT DISTINCT id FROM (${ids.join(' UNION ALL ')}) AS used ORDER BY id`);
  return rows.map(({ id }) => id);
}

/** Writes a stream to a file that only this user can read. @returns the file's SHA-256 */
async function writeHashed(file: string, content: Readable, key: Buffer | null): Promise<string> {
  const hash = createHash('sha256');
  async function* stored(plain: AsyncIterable<Buffer>) {
    for await (const chunk of key ? sealStream(key, plain) : plain) {
      hash.update(chunk);
      yield chunk;
    }
  }
  await pipeline(content, createGzip(), stored, createWriteStream(file, { mode: 0o600, flush: true }));
  return hash.digest('hex');
}

/** Puts an archive into the folder, unless it is there. Links it where both folders are on one file system. */
async function keepArchive(from: string, to: string): Promise<void> {
  if (await stat(to).catch(() => null)) return;
  const draft = `${to}${PARTIAL}`;
  await rm(draft, { force: true });
  await link(from, draft).catch(() => copyFile(from, draft));
  await rename(draft, to);
}

/** Keeps the archives that a backup names. @returns those that the store no longer had: their backups expired meanwhile */
async function keepArchives(config: Settings, names: string[]): Promise<string[]> {
  if (config.BACKUP_S3_BUCKET) return [];
  const folder = path.join(config.INSTALLATION_BACKUP_DIR, ARCHIVES);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const missing: string[] = [];
  for (const name of names) {
    await keepArchive(path.join(config.BACKUP_DIR, name), path.join(folder, name)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      missing.push(name);
    });
  }
  return missing;
}

/** Moves a finished backup to its place: a folder appears whole, in a bucket the manifest comes last. */
async function publish(config: Settings, draft: string, name: string): Promise<string> {
  if (!config.BACKUP_S3_BUCKET) {
    const folder = path.join(config.INSTALLATION_BACKUP_DIR, name);
    await rename(draft, folder);
    return folder;
  }
  const store = await createBackupStore(config);
  const { signal } = new AbortController();
  const files = (await readdir(draft)).filter((file) => file !== MANIFEST);
  for (const file of [...files, MANIFEST]) await store.keep(path.join(draft, file), `${BUCKET_PREFIX}${name}/${file}`, signal);
  await rm(draft, { recursive: true });
  return store.address(`${BUCKET_PREFIX}${name}`);
}

/**
 * Writes a backup of the database and of the agents' archives that it names.
 * @param ownerUrl the URL of the database's owner, which sees every tenant's rows
 * @returns the backup's name, its place, and its manifest
 */
export async function backUpInstallation(
  config: Settings,
  envelope: Envelope,
  ownerUrl: string,
  now = new Date(),
): Promise<{ name: string; place: string; manifest: Manifest }> {
  const name = now.toISOString().replaceAll(/[:.]/g, '-');
  const draft = path.join(config.BACKUP_S3_BUCKET ? config.BACKUP_DIR : config.INSTALLATION_BACKUP_DIR, `${name}${PARTIAL}`);
  await mkdir(draft, { recursive: true, mode: 0o700 });
  const key = config.BACKUP_ENCRYPTION ? randomBytes(32) : null;
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    const checksums = new Map<string, string>();
    const { migrations, tables, sequences } = await copyOut(client, async (table, content) => {
      checksums.set(table, await writeHashed(path.join(draft, tableFile(table)), content, key));
    });
    const { rows: archives } = await client.query<{ name: string; sha256: string }>('SELECT name, sha256 FROM backups ORDER BY name');
    const missing = new Set(
      await keepArchives(
        config,
        archives.map((archive) => archive.name),
      ),
    );
    const sealedKey = key && envelope.seal(key.toString('base64'), installationKeyContext(name));
    const keyIds = [...new Set([...(await usedKeys(client)), ...(sealedKey ? [envelope.keyIds[0] as string] : [])])];
    const manifest: Manifest = {
      format: 1,
      installation: config.INSTALLATION,
      createdAt: now.toISOString(),
      migrations,
      keyIds,
      sealedKey,
      tables: tables.map((table) => ({ ...table, sha256: checksums.get(table.name) as string })),
      sequences,
      archives: archives.filter((archive) => !missing.has(archive.name)),
      missing: [...missing],
    };
    await writeFile(path.join(draft, MANIFEST), JSON.stringify(manifest, null, 2), { mode: 0o600, flush: true });
    return { name, place: await publish(config, draft, name), manifest };
  } finally {
    await client.end();
    await rm(draft, { recursive: true, force: true });
  }
}

/** Reads a backup's manifest. @throws Error when there is none, or when it is of another format */
export async function readManifest(config: Settings, name: string): Promise<Manifest> {
  if (!BACKUP_NAME.test(name)) throw new Error(`There is no backup ${name}`);
  const { read } = await openInstallationBackup(config, name);
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of await read(MANIFEST)) chunks.push(chunk);
  } catch (cause) {
    throw new Error(`There is no backup ${name}`, { cause });
  }
  const parsed = manifestShape.safeParse(JSON.parse(Buffer.concat(chunks).toString()));
  if (!parsed.success) throw new Error(`The manifest of ${name} is not of a format that this version knows`);
  return parsed.data;
}

/** Removes the folder's backups beyond the newest `keep`, drafts of interrupted runs, and archives that no backup names. */
export async function removeOldInstallationBackups(config: Settings, keep: number): Promise<string[]> {
  if (config.BACKUP_S3_BUCKET) return [];
  for (const entry of await readdir(config.INSTALLATION_BACKUP_DIR))
    if (entry.endsWith(PARTIAL)) await rm(path.join(config.INSTALLATION_BACKUP_DIR, entry), { recursive: true });
  const names = await listInstallationBackups(config);
  const removed = names.slice(0, Math.max(0, names.length - keep));
  for (const name of removed) await rm(path.join(config.INSTALLATION_BACKUP_DIR, name), { recursive: true });
  const named = new Set<string>();
  for (const name of names.slice(removed.length)) {
    const manifest = manifestShape.parse(JSON.parse(await readFile(path.join(config.INSTALLATION_BACKUP_DIR, name, MANIFEST), 'utf8')));
    for (const archive of manifest.archives) named.add(archive.name);
  }
  const folder = path.join(config.INSTALLATION_BACKUP_DIR, ARCHIVES);
  for (const archive of await readdir(folder)) if (!named.has(archive)) await rm(path.join(folder, archive));
  return removed;
}
