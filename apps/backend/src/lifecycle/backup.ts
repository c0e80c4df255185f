import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import type { Context } from '../context.ts';
import { containerNames } from '../runtime/agent-container.ts';

/** An archive of an agent's data: a gzipped tar readable by the backend alone. */
export interface Backup {
  path: string;
  /** Of the file, in hexadecimal. */
  sha256: string;
}

async function digest(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return hash.digest('hex');
}

/** Archives the data of an agent's container, streaming; a half-written file never has the final name. */
export async function backUp({ host, config }: Pick<Context, 'host' | 'config'>, agentId: string, signal: AbortSignal): Promise<Backup> {
  await mkdir(config.BACKUP_DIR, { recursive: true, mode: 0o700 });
  const time = new Date()
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '-');
  const file = path.join(config.BACKUP_DIR, `${agentId}_${time}.tar.gz`);
  const draft = `${file}.partial`;
  try {
    const tar = await host.archive(containerNames(agentId).container);
    await pipeline(tar, createGzip(), createWriteStream(draft, { mode: 0o600, flush: true }), { signal });
    await rename(draft, file);
  } finally {
    await rm(draft, { force: true });
  }
  return { path: file, sha256: await digest(file) };
}

/** Opens a backup as the tar stream it was made from. @throws Error when the file is not what was written */
export async function openBackup(backup: Backup): Promise<Readable> {
  if ((await digest(backup.path)) !== backup.sha256) throw new Error(`The backup ${path.basename(backup.path)} is damaged`);
  return createReadStream(backup.path).pipe(createGunzip());
}

/** Removes all backups of an agent. */
export async function removeBackups({ config }: Pick<Context, 'config'>, agentId: string): Promise<void> {
  const files = await readdir(config.BACKUP_DIR).catch(() => []);
  const own = new RegExp(`^${agentId}_\\d{4}-\\d\\d-\\d\\dT[\\d-]+Z\\.tar\\.gz$`);
  for (const file of files) if (own.test(file)) await rm(path.join(config.BACKUP_DIR, file), { force: true });
}
