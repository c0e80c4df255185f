import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { AppError } from '@agentbot/contracts';
import type { Agent, Backup, Operation } from '../../generated/prisma/client.ts';
import { draftFile } from '../../infra/backup-store/backup-store.ts';
import { sealStream } from '../../infra/crypto/sealed-stream.ts';
import type { VolumeSize } from '../../infra/docker/container-host.ts';
import { readContainerSpec } from '../../infra/docker/stored-spec.ts';
import type { Context } from '../context.ts';
import { secretEnvironment } from '../provisioning/create-container.ts';
import { requireData } from './lost-data.ts';
import { keyContext } from './open-backup.ts';
import { requireRoomForArchive } from './room.ts';

export type BackupCause = 'manual' | 'schedule' | 'update' | 'restore' | 'move' | 'reset-memory' | 'installation';
type Slice = Pick<Context, 'host' | 'config' | 'database' | 'envelope' | 'backups' | 'accounts'>;

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

/** The maximum by which data may grow between its measurement and the end of its archive. */
const MAX_GROWTH_BYTES = 512 * 1024 ** 2;
/** A tar stream has a header for each file, and fills up its last block; a long name takes two more blocks. */
const ENTRY_BYTES = 2048;

/** Passes a tar stream on, and fails when it becomes much longer than the measured data: a sparse file costs an agent nothing. */
const withinMeasured = ({ apparentBytes, files }: Pick<VolumeSize, 'apparentBytes' | 'files'>) =>
  async function* (tar: AsyncIterable<Buffer>) {
    let left = apparentBytes + files * ENTRY_BYTES + MAX_GROWTH_BYTES;
    for await (const chunk of tar) {
      left -= chunk.length;
      if (left < 0) throw new AppError('OPERATION_FAILED', "The agent's data grew too fast while it was archived. Try again");
      yield chunk;
    }
  };

/**
 * Archives an agent's data: streams a gzipped tar to a file that only the backend can read, sealed if configured, keeps it in
 * the store, then writes the backup's row. A running agent is paused during the read. Idempotent: a retry of the operation
 * returns its existing backup.
 * @throws AppError OPERATION_FAILED when the agent has no container, its data is gone or past its limit, or the store has no space
 */
export async function backUp(context: Slice, agent: Agent, operation: Operation, cause: BackupCause, signal: AbortSignal): Promise<Backup> {
  const { host, config, database, envelope, backups } = context;
  const id = operation.id.replace(/^op_/, 'bk_');
  const existing = await database.as('service', (tx) => tx.backup.findUnique({ where: { id } }));
  if (existing) return existing;
  const spec = readContainerSpec(agent);
  if (!spec) throw new AppError('OPERATION_FAILED', 'The agent has no container yet, so there is nothing to back up');
  await requireData(context, agent);
  // The engine reads a volume through a container only, and the container may be missing.
  if (!(await host.inspect(spec.names.container))) await host.create(spec, await secretEnvironment(context, spec), []);
  const measured = await requireRoomForArchive(context, agent, spec, signal);
  if (!measured) throw new AppError('OPERATION_FAILED', 'The agent has no data yet, so there is nothing to back up');

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
      await pipeline(tar, withinMeasured(measured), createGzip(), stored, createWriteStream(draft, { mode: 0o600, flush: true }), {
        signal,
      });
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
        dataBytes: measured.apparentBytes,
        sha256: hash.digest('hex'),
        sealedKey: key && envelope.seal(key.toString('base64'), keyContext(id)),
        image: spec.image,
        openclawVersion: agent.openclawVersion,
      },
    }),
  );
}
