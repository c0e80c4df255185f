import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import pg from 'pg';
import { backupFolder } from '../infra/backup-store/backup-store.ts';
import type { Envelope } from '../infra/crypto/envelope.ts';
import { openStream } from '../infra/crypto/sealed-stream.ts';
import { copyIn } from '../infra/database/copy.ts';
import { knownMigrations, migrate } from '../infra/database/migrate.ts';
import { SERVICE_ACCOUNT } from '../shared/actor.ts';
import { ARCHIVES, installationKeyContext, type Manifest, openInstallationBackup, readManifest, tableFile } from './installation-backup.ts';

type Settings = Parameters<typeof readManifest>[0];

/** What a restore brought back. */
export interface Restored {
  accounts: number;
  agents: number;
  archives: number;
  /** Backups without their archive: their rows are gone. */
  dropped: number;
}

/** @throws Error when a stream ends with another checksum than the manifest has */
async function requireChecksum(what: string, content: Readable, expected: string): Promise<void> {
  const hash = createHash('sha256');
  await pipeline(content, hash).catch((cause) => {
    throw new Error(`${what} cannot be read`, { cause });
  });
  if (hash.digest('hex') !== expected) throw new Error(`${what} is damaged: its checksum differs`);
}

/** Checks all that can be checked before anything is changed. */
async function check(config: Settings, envelope: Envelope, name: string, manifest: Manifest): Promise<void> {
  const known = new Set(await knownMigrations());
  const unknown = manifest.migrations.filter((migration) => !known.has(migration));
  if (unknown.length) throw new Error(`The backup is of a newer version of Agentbot: this one does not know ${unknown.join(', ')}`);
  const missingKeys = manifest.keyIds.filter((id) => !envelope.keyIds.includes(id));
  if (missingKeys.length)
    throw new Error(`ENCRYPTION_KEYS lacks ${missingKeys.join(', ')}: without it the agents' secrets in this backup cannot be opened`);
  const { read } = await openInstallationBackup(config, name);
  for (const table of manifest.tables) await requireChecksum(tableFile(table.name), await read(tableFile(table.name)), table.sha256);
  if (config.BACKUP_S3_BUCKET) return;
  for (const archive of manifest.archives) {
    const file = path.join(config.INSTALLATION_BACKUP_DIR, ARCHIVES, archive.name);
    await requireChecksum(archive.name, createReadStream(file), archive.sha256);
  }
}

/** Opens a table's file as the text that Postgres copies in. */
async function openTable(envelope: Envelope, name: string, manifest: Manifest, stored: Readable): Promise<Readable> {
  const key = manifest.sealedKey && Buffer.from(envelope.open(manifest.sealedKey, installationKeyContext(name)), 'base64');
  const packed = key ? Readable.from(openStream(key, stored), { objectMode: false }) : stored;
  const plain = createGunzip();
  pipeline(packed, plain).catch((error) => plain.destroy(error));
  return plain;
}

/** Copies an archive into the store's folder, unless it is there. */
async function copyArchive(from: string, to: string): Promise<void> {
  if (await stat(to).catch(() => null)) return;
  const draft = `${to}.partial`;
  await pipeline(createReadStream(from), createWriteStream(draft, { mode: 0o600, flush: true }));
  await rename(draft, to).finally(() => rm(draft, { force: true }));
}

/** @throws Error when the database has accounts, or is of a later version: its migrations would not change the backup's rows */
async function requireEmpty(client: pg.Client, { migrations }: Manifest): Promise<void> {
  const { rows } = await client.query<{ exists: boolean }>("SELECT to_regclass('public.users') IS NOT NULL AS exists");
  if (!rows[0]?.exists) return;
  const { rowCount: accounts } = await client.query('SELECT FROM users WHERE id <> $1 LIMIT 1', [SERVICE_ACCOUNT]);
  if (accounts) throw new Error('The database has accounts already: a restore needs an empty one');
  const later = await client.query('SELECT FROM _prisma_migrations WHERE migration_name <> ALL ($1) LIMIT 1', [migrations]);
  if (later.rowCount) throw new Error('The database is of a later version than the backup: a restore needs an empty one');
}

/**
 * Restores an installation into an empty database: checks the backup, copies the agents' archives into the store, writes the
 * rows, and migrates them to this version. The agents' containers come when a backend starts: an agent without its volume gets
 * the data of its newest backup.
 * @param ownerUrl the URL of the database's owner, a superuser
 * @throws Error before any change when the backup is damaged, of a newer version, or sealed with a key that is not configured
 */
export async function restoreInstallation(config: Settings, envelope: Envelope, ownerUrl: string, name: string): Promise<Restored> {
  const manifest = await readManifest(config, name);
  await check(config, envelope, name, manifest);
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    await requireEmpty(client, manifest);
    if (!config.BACKUP_S3_BUCKET) {
      const store = await backupFolder(config);
      const kept = path.join(config.INSTALLATION_BACKUP_DIR, ARCHIVES);
      for (const archive of manifest.archives) await copyArchive(path.join(kept, archive.name), path.join(store, archive.name));
    }
    await migrate(ownerUrl, manifest.migrations);
    const { read } = await openInstallationBackup(config, name);
    await copyIn(client, manifest, async (table) => openTable(envelope, name, manifest, await read(tableFile(table))));
    await migrate(ownerUrl);
    const names = manifest.archives.map((archive) => archive.name);
    const dropped = await client.query('DELETE FROM backups WHERE name <> ALL ($1)', [names]);
    await client.query('ANALYZE');
    const { rows } = await client.query<{ accounts: number; agents: number }>(
      'SELECT (SELECT count(*)::int FROM users WHERE id <> $1) AS accounts, (SELECT count(*)::int FROM agents) AS agents',
      [SERVICE_ACCOUNT],
    );
    return {
      accounts: rows[0]?.accounts ?? 0,
      agents: rows[0]?.agents ?? 0,
      archives: names.length,
      dropped: dropped.rowCount ?? 0,
    };
  } finally {
    await client.end();
  }
}
