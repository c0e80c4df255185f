import type { ListedFile } from '@agentbot/contracts';
import { listWorkspaceFiles } from '../../infra/openclaw/workspace-files.ts';
import type { Actor } from '../../shared/actor.ts';
import { getAgent } from '../agents/agents.ts';
import { requireGateway, throwGatewayUnavailable } from '../agents/gateway.ts';
import type { Context } from '../context.ts';
import { isoTime } from './file-content.ts';

/** The workspace files that an agent's gateway lists. @throws AppError AGENT_NOT_FOUND, AGENT_NOT_RUNNING, GATEWAY_UNAVAILABLE */
export async function listAgentFiles(context: Context, actor: Actor, agentId: string): Promise<ListedFile[]> {
  const gateway = await requireGateway(context, await getAgent(context, actor, agentId));
  const files = await listWorkspaceFiles(gateway).catch(throwGatewayUnavailable);
  return files.map(({ name, missing, size, updatedAtMs }) => ({
    name,
    exists: !missing,
    sizeBytes: size ?? null,
    updatedAt: isoTime(updatedAtMs),
  }));
}
