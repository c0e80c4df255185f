import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { AppError } from '@agentbot/contracts';
import type { Agent, Backup, Operation } from '../../generated/prisma/client.ts';
import { draftFile } from '../../infra/backup-store/backup-store.ts';
import { openStream, sealStream } from '../../infra/crypto/sealed-stream.ts';
import { readContainerSpec } from '../../infra/docker/stored-spec.ts';
import type { Context } from '../context.ts';
import { secretEnvironment } from '../provisioning/create-container.ts';

export type BackupCause = 'manual' | 'schedule' | 'update' | 'restore' | 'reset-memory';
type Slice = Pick<Context, 'host' | 'config' | 'database' | 'envelope' | 'backups'>;

const keyContext = (id: string) => `backups|${id}`;

/** The file name of a backup: agent and time of the operation. A retry after a crash gets the same name. */
function fileName(operation: Operation, encrypted: boolean): string {
  const time = operation.createdAt.toISOString().replaceAll(/[:.]/g, '-');
  return `${operation.agentId}_${time}.tar.gz${encrypted ? '.enc' : ''}`;
}

function withNoSpaceSentence(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  return new AppError('OPERATION_FAILED', 'There is no space left for backups', { cause: error });
}

/**
 * Archives an agent's data: streams a gzipped tar to a file that only the backend can read, sealed if configured, keeps it in
 * the store, then writes the backup's row. A running agent is paused during the read. Idempotent: a retry of the operation
 * returns its existing backup.
 * @throws AppError OPERATION_FAILED when the agent has no container, or the store has no space
 */
export async function backUp(context: Slice, agent: Agent, operation: Operation, cause: BackupCause, signal: AbortSignal): Promise<Backup> {
  const { host, config, database, envelope, backups } = context;
  const id = operation.id.replace(/^op_/, 'bk_');
  const existing = await database.as('service', (tx) => tx.backup.findUnique({ where: { id } }));
  if (existing) return existing;
  const spec = readContainerSpec(agent);
  if (!spec) throw new AppError('OPERATION_FAILED', 'The agent has no container yet, so there is nothing to back up');
  // The engine reads a volume through a container only, and the container may be missing.
  if (!(await host.inspect(spec.names.container))) await host.create(spec, await secretEnvironment(context, spec), []);

  const key = config.BACKUP_ENCRYPTION ? randomBytes(32) : null;
  const name = fileName(operation, key !== null);
  const draft = await draftFile(config, id);
  const hash = createHash('sha256');
  let size = 0;
  async function* stored(plain: AsyncIterable<Buffer>) {
    for await (const chunk of key ? sealStream(key, plain) : plain) {
      hash.update(chunk);
      size += chunk.length;
      yield chunk;
    }
  }
  try {
    await host.withPaused(spec.names.container, async () => {
      const tar = await host.archive(spec.names.container);
      await pipeline(tar, createGzip(), stored, createWriteStream(draft, { mode: 0o600, flush: true }), { signal });
    });
    await backups.keep(draft, name, signal);
  } catch (error) {
    throw withNoSpaceSentence(error);
  } finally {
    await rm(draft, { force: true });
  }
  return database.as('service', (tx) =>
    tx.backup.create({
      data: {
        id,
        agentId: agent.id,
        ownerId: agent.ownerId,
        cause,
        name,
        sizeBytes: size,
        sha256: hash.digest('hex'),
        sealedKey: key && envelope.seal(key.toString('base64'), keyContext(id)),
        image: spec.image,
        openclawVersion: agent.openclawVersion,
      },
    }),
  );
}

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
