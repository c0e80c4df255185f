import { AppError, type BackupSchedule, type BackupView } from '@agentbot/contracts';
import type { Agent, Backup } from '../../generated/prisma/client.ts';
import { type Actor, tenantOf } from '../../shared/actor.ts';
import { msAhead } from '../../shared/clock.ts';
import { getAgent } from '../agents/agents.ts';
import { requireAllowedImage } from '../containers/image-policy.ts';
import type { Context } from '../context.ts';
import { operationInProgress } from '../operations/operations.ts';
import { runOperation } from '../operations/run-operation.ts';
import { openArchive } from './open-backup.ts';
import { RETENTION, removeBackups } from './retention.ts';

const HOUR_MS = 3_600_000;

/** A backup as its agent's owner sees it. */
export function backupView(row: Backup): BackupView {
  const { id, cause, sha256, image, openclawVersion } = row;
  return {
    id,
    cause: cause as BackupView['cause'],
    sizeBytes: Number(row.sizeBytes),
    sha256,
    encrypted: row.sealedKey !== null,
    image,
    openclawVersion,
    createdAt: row.createdAt.toISOString(),
  };
}

/** An agent's backup schedule, with the defaults for values that its owner has not set. */
export function scheduleView(agent: Agent): BackupSchedule & { nextAt: string | null } {
  return {
    everyHours: agent.backupEveryHours,
    keep: agent.backupKeep ?? RETENTION.keep,
    keepDays: agent.backupKeepDays ?? RETENTION.keepDays,
    nextAt: agent.nextBackupAt?.toISOString() ?? null,
  };
}

/** An agent's backups, newest first. @throws AppError AGENT_NOT_FOUND */
export async function listBackups(context: Context, actor: Actor, agentId: string) {
  const agent = await getAgent(context, actor, agentId);
  const rows = await context.database.as(tenantOf(actor), (tx) =>
    tx.backup.findMany({ where: { agentId }, orderBy: { createdAt: 'desc' } }),
  );
  return { backups: rows.map(backupView), schedule: scheduleView(agent) };
}

/** One backup of an agent. @throws AppError AGENT_NOT_FOUND, BACKUP_NOT_FOUND */
async function findBackup(context: Context, actor: Actor, agentId: string, id: string): Promise<Backup> {
  const row = await context.database.as(tenantOf(actor), (tx) => tx.backup.findFirst({ where: { id, agentId } }));
  if (row) return row;
  await getAgent(context, actor, agentId);
  throw new AppError('BACKUP_NOT_FOUND');
}

/** Makes a backup now. @throws AppError AGENT_NOT_FOUND, OPERATION_IN_PROGRESS, DOCKER_UNAVAILABLE, OPERATION_FAILED */
export async function createBackup(context: Context, actor: Actor, agentId: string, requestId: string): Promise<BackupView> {
  const { operation } = await runOperation(context, actor, agentId, 'backup', requestId);
  return backupView(await findBackup(context, actor, agentId, operation.id.replace(/^op_/, 'bk_')));
}

/**
 * Restores an agent's data from a backup.
 * @param withImage whether the agent also returns to the image that it ran at the time of the backup
 * @throws AppError BACKUP_NOT_FOUND, INVALID_REQUEST when that image is unknown or not allowed, else as `runOperation`
 */
export async function restoreBackup(
  context: Context,
  actor: Actor,
  { agentId, id, withImage }: { agentId: string; id: string; withImage: boolean },
  requestId: string,
) {
  const { image } = await findBackup(context, actor, agentId, id);
  if (!withImage) return runOperation(context, actor, agentId, 'restore', requestId, { backupId: id });
  if (!image) throw new AppError('INVALID_REQUEST', 'The image of this backup is not known: restore it without the image');
  requireAllowedImage(image, context.config);
  return runOperation(context, actor, agentId, 'restore', requestId, { backupId: id, image });
}

/** A backup as a gzipped tar, checked, with a name for the file. @throws AppError BACKUP_NOT_FOUND, OPERATION_FAILED */
export async function downloadBackup(context: Context, actor: Actor, agentId: string, id: string) {
  const row = await findBackup(context, actor, agentId, id);
  return { content: await openArchive(context, row), name: row.name.replace(/\.enc$/, ''), type: 'application/gzip' };
}

/** Removes one backup. @throws AppError AGENT_NOT_FOUND, BACKUP_NOT_FOUND, OPERATION_IN_PROGRESS */
export async function deleteBackup(context: Context, actor: Actor, agentId: string, id: string): Promise<void> {
  const row = await findBackup(context, actor, agentId, id);
  // An operation in flight may need the backup for its rollback.
  const open = await context.database.as(tenantOf(actor), (tx) => tx.operation.findFirst({ where: { agentId, finishedAt: null } }));
  if (open) throw operationInProgress(open);
  await removeBackups(context, [row]);
}

/** Sets the interval of an agent's automatic backups and their retention. @throws AppError AGENT_NOT_FOUND */
export async function setBackupSchedule(context: Context, actor: Actor, agentId: string, { everyHours, keep, keepDays }: BackupSchedule) {
  await getAgent(context, actor, agentId);
  const agent = await context.database.as(tenantOf(actor), (tx) =>
    tx.agent.update({
      where: { id: agentId },
      data: {
        backupEveryHours: everyHours,
        backupKeep: keep,
        backupKeepDays: keepDays,
        nextBackupAt: everyHours === null ? null : msAhead(context.clock, everyHours * HOUR_MS),
      },
    }),
  );
  return scheduleView(agent);
}
