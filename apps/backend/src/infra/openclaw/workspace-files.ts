import { z } from 'zod';
import type { GatewayConnection } from './gateway-connection.ts';

/** The gateway's own name of the agent; each gateway has this one. */
const agentId = 'main';

const listed = z.object({
  name: z.string(),
  missing: z.boolean(),
  size: z.int().optional(),
  updatedAtMs: z.int().optional(),
});
const listResult = z.object({ files: z.array(listed) });
const getResult = z.object({
  file: listed.extend({
    content: z.string().optional(),
    /** The SHA-256 of the file's bytes. Gateways that send it check `expectedHash` at a write. */
    hash: z.string().optional(),
  }),
});
const setResult = z.object({ file: listed });

/** A file of the workspace as the gateway lists it; `missing` if it does not exist yet. */
export type WorkspaceFile = z.infer<typeof listed>;
export type WorkspaceFileContent = z.infer<typeof getResult>['file'];

/** Lists the workspace files that the gateway knows by name. @throws Error when the gateway does not answer */
export async function listWorkspaceFiles(gateway: GatewayConnection): Promise<WorkspaceFile[]> {
  return listResult.parse(await gateway.request('agents.files.list', { agentId })).files;
}

/** Reads a workspace file; bytes that are not UTF-8 arrive replaced by U+FFFD. @throws Error when the gateway does not answer */
export async function readWorkspaceFile(gateway: GatewayConnection, name: string): Promise<WorkspaceFileContent> {
  return getResult.parse(await gateway.request('agents.files.get', { agentId, name })).file;
}

/** The gateway's own error, which `GatewayConnection.request` has as its error's cause. */
const answered = z.object({ cause: z.object({ details: z.object({ type: z.string() }).optional().catch(undefined) }) });

/**
 * Writes a workspace file.
 * @param expectedHash the gateway's hash of the content to replace, if the gateway sent one
 * @returns `changed` when the file has another hash by now, `refused` when the gateway cannot write it: a folder, a link, no right
 * @throws Error when the gateway does not answer
 */
export async function writeWorkspaceFile(
  gateway: GatewayConnection,
  name: string,
  content: string,
  expectedHash: string | undefined,
): Promise<WorkspaceFile | 'changed' | 'refused'> {
  try {
    const params = { agentId, name, content, ...(expectedHash && { expectedHash }) };
    return setResult.parse(await gateway.request('agents.files.set', params)).file;
  } catch (error) {
    const { data } = answered.safeParse(error);
    if (!data) throw error;
    return data.cause.details?.type === 'agent_file_conflict' ? 'changed' : 'refused';
  }
}
