import type { VolumeFile } from '../../infra/docker/container-host.ts';
import type { Context } from '../context.ts';
import { conversation } from './conversation.ts';

/** The last messages that the file holds; an agent without a container gets the same number (`reply-from-provider.ts`). */
const MAX_MESSAGES = 40;

/**
 * The conversation of an agent that ran without a container, as a file for its new container: OpenClaw puts the workspace's
 * `MEMORY.md` before each conversation.
 * @returns no file when the agent has no messages
 * @see https://docs.openclaw.ai/concepts/memory
 */
export async function conversationFile({ database }: Pick<Context, 'database'>, agentId: string): Promise<VolumeFile[]> {
  const rows = await database.as('service', (tx) => conversation(tx, { agentId }, MAX_MESSAGES));
  if (rows.length === 0) return [];
  const lines = rows.map(({ sender, content }) => `- ${sender === 'user' ? 'Your owner' : 'You'}: ${content.replaceAll('\n', '\n  ')}`);
  return [{ path: 'workspace/MEMORY.md', content: `# What was said so far\n\n${lines.join('\n')}\n` }];
}
