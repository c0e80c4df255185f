import { AppError, type FileVersion, MAX_FILE_VERSIONS } from '@agentbot/contracts';
import type { Agent, AgentFileVersion } from '../../generated/prisma/client.ts';
import { type Actor, tenantOf } from '../../shared/actor.ts';
import { newId } from '../../shared/ids.ts';
import { getAgent } from '../agents/agents.ts';
import type { Context } from '../context.ts';
import type { FileContent } from './file-content.ts';

type Slice = Pick<Context, 'database' | 'envelope'>;

const sealContext = (agentId: string, id: string) => `agent_file_versions|${agentId}|${id}`;

function versionView({ id, sizeBytes, sha256, writtenAt, replacedAt }: Omit<AgentFileVersion, 'sealed'>): FileVersion {
  return { id, sizeBytes, sha256, writtenAt: writtenAt?.toISOString() ?? null, replacedAt: replacedAt.toISOString() };
}

/**
 * Keeps the content that a write is about to replace, and deletes versions beyond the maximum. A content that is the newest
 * version already is not kept again: a repeated failing write must not push the other versions out.
 */
export async function keepVersion({ database, envelope }: Slice, agent: Agent, file: FileContent): Promise<void> {
  const { name, sha256, sizeBytes, updatedAt: writtenAt, content } = file;
  const id = newId('fv');
  const versions = { where: { agentId: agent.id, name }, orderBy: { replacedAt: 'desc' as const } };
  await database.as({ userId: agent.ownerId }, async (tx) => {
    const newest = await tx.agentFileVersion.findFirst({ ...versions, select: { sha256: true } });
    if (newest?.sha256 === sha256) return;
    const sealed = envelope.seal(content, sealContext(agent.id, id));
    await tx.agentFileVersion.create({
      data: { id, agentId: agent.id, ownerId: agent.ownerId, name, sha256, sizeBytes, sealed, writtenAt },
    });
    const surplus = await tx.agentFileVersion.findMany({ ...versions, skip: MAX_FILE_VERSIONS, select: { id: true } });
    await tx.agentFileVersion.deleteMany({ where: { id: { in: surplus.map((version) => version.id) } } });
  });
}

/** The replaced versions of a file, newest first. @throws AppError AGENT_NOT_FOUND */
export async function listAgentFileVersions(context: Slice, actor: Actor, agentId: string, name: string): Promise<FileVersion[]> {
  await getAgent(context, actor, agentId);
  const rows = await context.database.as(tenantOf(actor), (tx) =>
    tx.agentFileVersion.findMany({ where: { agentId, name }, orderBy: { replacedAt: 'desc' }, omit: { sealed: true } }),
  );
  return rows.map(versionView);
}

/** A replaced version of a file with its content. @throws AppError AGENT_NOT_FOUND, FILE_VERSION_NOT_FOUND */
export async function getAgentFileVersion(context: Slice, actor: Actor, agentId: string, name: string, id: string) {
  await getAgent(context, actor, agentId);
  const row = await context.database.as(tenantOf(actor), (tx) => tx.agentFileVersion.findFirst({ where: { id, agentId, name } }));
  if (!row) throw new AppError('FILE_VERSION_NOT_FOUND');
  return { ...versionView(row), content: context.envelope.open(row.sealed, sealContext(agentId, id)) };
}
