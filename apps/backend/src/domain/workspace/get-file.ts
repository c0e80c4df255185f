import { AppError } from '@agentbot/contracts';
import type { Actor } from '../../shared/actor.ts';
import { getAgent } from '../agents/agents.ts';
import { requireGateway } from '../agents/gateway.ts';
import type { Context } from '../context.ts';
import { type FileContent, readFileContent } from './file-content.ts';

/**
 * A file of an agent's workspace with its content.
 * @throws AppError AGENT_NOT_FOUND, AGENT_NOT_RUNNING, GATEWAY_UNAVAILABLE, FILE_NOT_FOUND, FILE_NOT_EDITABLE
 */
export async function getAgentFile(context: Context, actor: Actor, agentId: string, name: string): Promise<FileContent> {
  const gateway = await requireGateway(context, await getAgent(context, actor, agentId));
  const file = await readFileContent(gateway, name);
  if (!file) throw new AppError('FILE_NOT_FOUND', `${name} does not exist yet. Write it to create it`);
  return file;
}
