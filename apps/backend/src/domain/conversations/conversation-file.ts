import type { VolumeFile } from '../../infra/docker/container-host.ts';
import type { Context } from '../context.ts';
import { conversation } from './conversation.ts';

/** So many messages are handed over, as many as an agent without a container is told of. */
const MESSAGES = 40;

/**
 * What an agent that answered without a container has to remember in its new one: OpenClaw puts `MEMORY.md` of the workspace
 * before each conversation.
 * @see https://docs.openclaw.ai/concepts/memory
 */
export async function conversationFile({ database }: Pick<Context, 'database'>, agentId: string): Promise<VolumeFile[]> {
  const rows = await database.as('service', (tx) => conversation(tx, { agentId }, MESSAGES));
  if (rows.length === 0) return [];
  const lines = rows.map(({ sender, content }) => `- ${sender === 'user' ? 'Your owner' : 'You'}: ${content.replaceAll('\n', '\n  ')}`);
  return [{ path: 'workspace/MEMORY.md', content: `# What was said so far\n\n${lines.join('\n')}\n` }];
}
