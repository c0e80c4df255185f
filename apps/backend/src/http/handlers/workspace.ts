import type { Context } from '../../domain/context.ts';
import { getAgentFileVersion, listAgentFileVersions } from '../../domain/workspace/file-versions.ts';
import { getAgentFile } from '../../domain/workspace/get-file.ts';
import { listCronJobs } from '../../domain/workspace/list-cron-jobs.ts';
import { listAgentFiles } from '../../domain/workspace/list-files.ts';
import { updateAgentFile } from '../../domain/workspace/update-file.ts';
import type { Handlers } from '../mount-routes.ts';

/** Handlers for the routes of packages/contracts/src/workspace.ts. */
export function workspaceHandlers(context: Context) {
  return {
    listAgentFiles: async ({ actor, params }) => ({ files: await listAgentFiles(context, actor, params.id), status: 'ok' }),
    getAgentFile: async ({ actor, params, header }) => {
      const { gatewayHash: _internal, ...file } = await getAgentFile(context, actor, params.id, params.name);
      header('ETag', `"${file.sha256}"`);
      return { file, status: 'ok' };
    },
    updateAgentFile: async ({ actor, params, body, precondition, header, auditTarget }) => {
      const write = { content: body.content, isExpected: precondition, describe: auditTarget };
      const file = await updateAgentFile(context, actor, params, write);
      header('ETag', `"${file.sha256}"`);
      return { file, status: 'updated' };
    },
    listAgentFileVersions: async ({ actor, params }) => ({
      versions: await listAgentFileVersions(context, actor, params.id, params.name),
      status: 'ok',
    }),
    getAgentFileVersion: async ({ actor, params }) => ({
      version: await getAgentFileVersion(context, actor, params.id, params.name, params.versionId),
      status: 'ok',
    }),
    listCronJobs: async ({ actor, params }) => ({ ...(await listCronJobs(context, actor, params.id)), status: 'ok' }),
  } satisfies Partial<Handlers>;
}
