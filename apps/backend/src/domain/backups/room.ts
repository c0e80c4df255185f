import { statfs } from 'node:fs/promises';
import { AppError, plans } from '@agentbot/contracts';
import { extract } from 'tar-stream';
import type { Agent, Backup } from '../../generated/prisma/client.ts';
import { backupFolder } from '../../infra/backup-store/backup-store.ts';
import type { AgentContainerSpec, VolumeSize } from '../../infra/docker/container-host.ts';
import { inGib, measureData, requireArchivable } from '../containers/disk-limit.ts';
import type { Context } from '../context.ts';
import { openBackup } from './open-backup.ts';

type Slice = Pick<Context, 'host' | 'config'>;

/** Refuses to write so many bytes to a disk that less than the reserve would stay free. @throws AppError OPERATION_FAILED */
function requireRoom(place: string, freeBytes: number, bytes: number, { DISK_RESERVE_GIB }: Pick<Context['config'], 'DISK_RESERVE_GIB'>) {
  if (freeBytes - bytes >= DISK_RESERVE_GIB * 1024 ** 3) return;
  const sentence = `There is not enough space ${place}: ${inGib(freeBytes)} are free, ${inGib(bytes)} are needed, and ${inGib(DISK_RESERVE_GIB * 1024 ** 3)} must stay free`;
  throw new AppError('OPERATION_FAILED', `${sentence}. Ask the operator of this installation`);
}

/**
 * Checks that an agent's data is within its limit, and that there is room for its archive, which is at most as large as the disk
 * that the data uses.
 * @returns the size of the data; undefined when the agent has none yet
 * @throws AppError OPERATION_FAILED with the reason
 */
export async function requireRoomForArchive(
  context: Slice,
  agent: Agent,
  spec: AgentContainerSpec,
  signal: AbortSignal,
): Promise<VolumeSize | undefined> {
  const { size } = await measureData(context, spec, signal);
  if (!size) return undefined;
  requireArchivable(size, agent);
  const { bavail, bsize } = await statfs(await backupFolder(context.config));
  requireRoom('for backups', bavail * bsize, size.realBytes, context.config);
  return size;
}

/** The length of the files in a backup, which an older backend did not store; stops counting beyond `maxBytes`. */
async function countData(context: Pick<Context, 'backups' | 'envelope'>, backup: Backup, maxBytes: number): Promise<number> {
  if (backup.dataBytes !== null) return Number(backup.dataBytes);
  let bytes = 0;
  const entries = extract();
  const archive = await openBackup(context, backup);
  archive.on('error', (error) => entries.destroy(error));
  archive.pipe(entries);
  for await (const entry of entries) {
    bytes += entry.header.size ?? 0;
    if (bytes > maxBytes) break;
    entry.resume();
  }
  archive.destroy();
  return bytes;
}

/**
 * Checks that a backup unpacks to data within the limit of its agent's plan, and that the engine has room for it.
 * @param spec the container to restore into; its image must be on the engine
 * @throws AppError OPERATION_FAILED with the reason
 */
export async function requireRoomForRestore(
  context: Slice & Pick<Context, 'backups' | 'envelope'>,
  { plan }: Pick<Agent, 'plan'>,
  backup: Backup,
  spec: AgentContainerSpec,
  signal: AbortSignal,
): Promise<void> {
  const limit = plans[plan].diskBytes;
  const bytes = await countData(context, backup, limit);
  if (bytes > limit)
    throw new AppError('OPERATION_FAILED', `The backup unpacks to more than the ${inGib(limit)} of disk that the agent's plan allows`);
  const { size, freeBytes } = await measureData(context, spec, signal);
  // The present data is removed first.
  requireRoom('for the data of agents', freeBytes + (size?.realBytes ?? 0), bytes, context.config);
}
