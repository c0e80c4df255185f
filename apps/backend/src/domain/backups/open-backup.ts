import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { AppError } from '@agentbot/contracts';
import type { Backup } from '../../generated/prisma/client.ts';
import { openStream } from '../../infra/crypto/sealed-stream.ts';
import type { Context } from '../context.ts';

/** What the data key of a backup is sealed for. */
export const keyContext = (id: string) => `backups|${id}`;

/**
 * Verifies a backup's checksum; reads the whole file.
 * @throws AppError OPERATION_FAILED when the file cannot be read, or its checksum differs
 */
export async function checkBackup({ backups }: Pick<Context, 'backups'>, backup: Backup, signal?: AbortSignal): Promise<void> {
  const hash = createHash('sha256');
  try {
    await pipeline(await backups.read(backup.name), hash, { ...(signal && { signal }) });
  } catch (cause) {
    throw new AppError('OPERATION_FAILED', 'The backup cannot be read', { cause });
  }
  if (hash.digest('hex') !== backup.sha256) throw new AppError('OPERATION_FAILED', 'The backup is damaged: its checksum differs');
}

/** Verifies a backup and opens it as a gzipped tar, unsealed. @throws AppError OPERATION_FAILED */
export async function openArchive(context: Pick<Context, 'backups' | 'envelope'>, backup: Backup): Promise<Readable> {
  await checkBackup(context, backup);
  const stored = await context.backups.read(backup.name);
  if (!backup.sealedKey) return stored;
  const key = Buffer.from(context.envelope.open(backup.sealedKey, keyContext(backup.id)), 'base64');
  return Readable.from(openStream(key, stored), { objectMode: false });
}

/** Verifies a backup and opens it as a tar stream of the agent's data. @throws AppError OPERATION_FAILED */
export async function openBackup(context: Pick<Context, 'backups' | 'envelope'>, backup: Backup): Promise<Readable> {
  const plain = createGunzip();
  pipeline(await openArchive(context, backup), plain).catch((error) => plain.destroy(error));
  return plain;
}
