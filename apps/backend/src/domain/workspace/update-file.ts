import { AppError, type FileInfo, MAX_FILE_BYTES } from '@agentbot/contracts';
import { withLock } from '../../infra/database/lease.ts';
import { writeWorkspaceFile } from '../../infra/openclaw/workspace-files.ts';
import type { Actor } from '../../shared/actor.ts';
import { getAgent } from '../agents/agents.ts';
import { requireGateway, throwGatewayUnavailable } from '../agents/gateway.ts';
import type { Context } from '../context.ts';
import { fileInfo, readFileContent } from './file-content.ts';
import { keepVersion } from './file-versions.ts';

interface Write {
  content: string;
  /** The caller's precondition on the hash of the current content; null for a file that does not exist. */
  isExpected: (sha256: string | null) => boolean;
  /** Receives a description of the change for the audit log, without content. */
  describe: (change: string) => void;
}

/**
 * Writes a file of an agent's workspace and keeps the replaced version. Writes of one file take turns.
 * @throws AppError AGENT_NOT_FOUND, AGENT_NOT_RUNNING, GATEWAY_UNAVAILABLE, FILE_NOT_FOUND, FILE_NOT_EDITABLE when the current
 *   content cannot be kept or OpenClaw cannot write the file, FILE_CHANGED when it is not the expected one, PAYLOAD_TOO_LARGE
 */
export async function updateAgentFile(
  context: Context,
  actor: Actor,
  { id, name }: { id: string; name: string },
  { content, isExpected, describe }: Write,
): Promise<FileInfo> {
  const agent = await getAgent(context, actor, id);
  const wanted = fileInfo(name, content, undefined);
  if (wanted.sizeBytes > MAX_FILE_BYTES) throw new AppError('PAYLOAD_TOO_LARGE', 'A file must be at most 256 KiB');
  const gateway = await requireGateway(context, agent);
  return withLock(context, `file:${id}:${name}`, async () => {
    const current = await readFileContent(gateway, name);
    if (!isExpected(current?.sha256 ?? null)) throw new AppError('FILE_CHANGED');
    describe(`${name}: ${current?.sizeBytes ?? 0} to ${wanted.sizeBytes} bytes, sha256 ${wanted.sha256}`);
    if (current?.sha256 === wanted.sha256) return { ...wanted, updatedAt: current.updatedAt };
    if (current) await keepVersion(context, agent, current);
    const written = await writeWorkspaceFile(gateway, name, content, current?.gatewayHash).catch(throwGatewayUnavailable);
    // The agent itself wrote the file between the read and the write.
    if (written === 'changed') throw new AppError('FILE_CHANGED');
    if (written === 'refused')
      throw new AppError('FILE_NOT_EDITABLE', `OpenClaw cannot write ${name}. It must be a plain file that the agent owns`);
    return fileInfo(name, content, written.updatedAtMs);
  });
}
