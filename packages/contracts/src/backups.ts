import { z } from 'zod';
import { agentParams, backendStatusSchema } from './agents.ts';
import { defineRoute } from './define-route.ts';
import { operationErrors } from './lifecycle.ts';

const timestamp = z.iso.datetime();
const backup = z.strictObject({
  id: z.string(),
  /** The trigger; an update, a restore and a memory reset make a backup first. */
  cause: z.enum(['manual', 'schedule', 'update', 'restore', 'move', 'reset-memory', 'installation']),
  sizeBytes: z.int(),
  /** The hash of the stored file, in hexadecimal. */
  sha256: z.string(),
  encrypted: z.boolean(),
  image: z.string().nullable(),
  openclawVersion: z.string().nullable(),
  createdAt: timestamp,
});
export type BackupView = z.infer<typeof backup>;

const whole = (name: string, from: number, to: number) =>
  z
    .int({ error: `${name} must be a whole number from ${from} to ${to}` })
    .min(from, { error: `${name} must be a whole number from ${from} to ${to}` })
    .max(to, { error: `${name} must be a whole number from ${from} to ${to}` });
const scheduleBody = z.strictObject({
  /** Null turns automatic backups off. */
  everyHours: whole('everyHours', 1, 720).nullable(),
  keep: whole('keep', 1, 100).default(10),
  keepDays: whole('keepDays', 1, 3650).default(30),
});
export type BackupSchedule = z.infer<typeof scheduleBody>;
const schedule = scheduleBody.extend({ nextAt: timestamp.nullable() });

const list = z.strictObject({ backups: z.array(backup), schedule, status: z.literal('ok') });
export const listBackups = defineRoute({
  id: 'listBackups',
  summary: "An agent's backups, newest first, and its schedule for automatic backups",
  method: 'GET',
  auth: 'caller',
  params: agentParams,
  status: 200,
  failure: 'Failed to list backups',
  errors: ['UNAUTHORIZED', 'AGENT_NOT_FOUND'],
  backend: { path: '/api/agents/:id/backups', response: list },
  web: { path: '/api/agents/:id/backups', response: list },
});

const made = z.strictObject({ backup, status: z.literal('ok') });
export const createBackup = defineRoute({
  id: 'createBackup',
  summary: "Archive an agent's data now; a running agent is paused while its files are read",
  method: 'POST',
  auth: 'caller',
  params: agentParams,
  status: 201,
  failure: 'Failed to make a backup',
  errors: operationErrors,
  backend: { path: '/api/agents/:id/backups', response: made },
  web: { path: '/api/agents/:id/backups', response: made },
  timeoutMs: 600_000,
});

const scheduled = z.strictObject({ schedule, status: z.literal('updated') });
export const setBackupSchedule = defineRoute({
  id: 'setBackupSchedule',
  summary: 'Set the interval of automatic backups, and the number and age of the backups to keep',
  method: 'PUT',
  auth: 'caller',
  params: agentParams,
  body: scheduleBody,
  status: 200,
  failure: 'Failed to set the schedule',
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'AGENT_NOT_FOUND'],
  backend: { path: '/api/agents/:id/backups/schedule', response: scheduled },
  web: { path: '/api/agents/:id/backups/schedule', response: scheduled },
});

const backupParams = agentParams.extend({ backupId: z.string().max(100) });
const restored = z.strictObject({
  success: z.literal(true),
  status: backendStatusSchema,
  message: z.literal('Backup restored successfully'),
});
export const restoreBackup = defineRoute({
  id: 'restoreBackup',
  summary:
    "Restore an agent's data from a backup, after a backup of its current data; `withImage` also restores the image that the agent ran then; if the agent does not become ready, the restore is rolled back",
  method: 'POST',
  auth: 'caller',
  params: backupParams,
  body: z.object({ withImage: z.boolean().optional() }),
  status: 200,
  failure: 'Failed to restore the backup',
  errors: ['BACKUP_NOT_FOUND', 'PAYMENT_REQUIRED', ...operationErrors],
  backend: { path: '/api/agents/:id/backups/:backupId/restore', response: restored },
  web: { path: '/api/agents/:id/backups/:backupId/restore', response: restored },
  timeoutMs: 600_000,
});

export const downloadBackup = defineRoute({
  id: 'downloadBackup',
  summary: "A backup's file, a gzipped tar of the agent's data; its checksum is verified before the first byte",
  method: 'GET',
  auth: 'caller',
  // The file contains the agent's conversations and keys.
  scope: 'agents:write',
  audit: true,
  download: true,
  params: backupParams,
  status: 200,
  failure: 'Failed to download the backup',
  errors: ['UNAUTHORIZED', 'AGENT_NOT_FOUND', 'BACKUP_NOT_FOUND', 'OPERATION_FAILED'],
  backend: { path: '/api/agents/:id/backups/:backupId/download', response: z.unknown() },
  web: { path: '/api/agents/:id/backups/:backupId/download', response: z.unknown() },
  timeoutMs: 600_000,
});

const deleted = z.strictObject({ id: z.string(), deleted: z.literal(true) });
export const deleteBackup = defineRoute({
  id: 'deleteBackup',
  summary: 'Delete a backup permanently',
  method: 'DELETE',
  auth: 'caller',
  params: backupParams,
  status: 200,
  failure: 'Failed to remove the backup',
  errors: ['UNAUTHORIZED', 'AGENT_NOT_FOUND', 'BACKUP_NOT_FOUND', 'OPERATION_IN_PROGRESS'],
  backend: { path: '/api/agents/:id/backups/:backupId', response: deleted },
  web: { path: '/api/agents/:id/backups/:backupId', response: deleted },
});
