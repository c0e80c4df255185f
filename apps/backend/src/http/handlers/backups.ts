import { AppError } from '@agentbot/contracts';
import { backendStatus } from '../../domain/agents/agent-view.ts';
import { createBackup, deleteBackup, downloadBackup, listBackups, restoreBackup, setBackupSchedule } from '../../domain/backups/backups.ts';
import type { Context } from '../../domain/context.ts';
import type { Handlers } from '../mount-routes.ts';

/** Handlers for the routes of packages/contracts/src/backups.ts. */
export function backupsHandlers(context: Context) {
  return {
    listBackups: async ({ actor, params }) => ({ ...(await listBackups(context, actor, params.id)), status: 'ok' }),
    createBackup: async ({ actor, params, requestId }) => ({
      backup: await createBackup(context, actor, params.id, requestId),
      status: 'ok',
    }),
    setBackupSchedule: async ({ actor, params, body }) => ({
      schedule: await setBackupSchedule(context, actor, params.id, body),
      status: 'updated',
    }),
    restoreBackup: async ({ actor, params, body, requestId }) => {
      const backup = { agentId: params.id, id: params.backupId, withImage: body.withImage ?? false };
      const { agent } = await restoreBackup(context, actor, backup, requestId);
      if (!agent) throw new AppError('AGENT_NOT_FOUND');
      return { success: true, status: backendStatus(agent.state), message: 'Backup restored successfully' };
    },
    downloadBackup: ({ actor, params }) => downloadBackup(context, actor, params.id, params.backupId),
    deleteBackup: async ({ actor, params }) => {
      await deleteBackup(context, actor, params.id, params.backupId);
      return { id: params.backupId, deleted: true };
    },
  } satisfies Partial<Handlers>;
}
