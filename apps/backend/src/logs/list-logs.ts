import type { LogLevel } from '@agentbot/contracts';
import { getAgent } from '../agents/agents.ts';
import type { Context } from '../context.ts';
import type { Actor } from '../http/actor.ts';
import { containerNames } from '../runtime/agent-container.ts';
import { agentSecretValues } from '../secrets/agent-secrets.ts';
import { logEntry, redact } from './log-line.ts';

/** How far back a page of the log may look, in lines. */
const WINDOW_LINES = 2_000;

/**
 * The last entries of an agent's container log, oldest first, its secrets taken out.
 * @returns `total` counts the matching ones among the last 2,000 lines
 * @throws AppError AGENT_NOT_FOUND, DOCKER_UNAVAILABLE
 */
export async function listLogs(
  context: Context,
  actor: Actor,
  id: string,
  { limit, level }: { limit: number; level?: LogLevel | undefined },
) {
  const agent = await getAgent(context, actor, id);
  const secrets = await agentSecretValues(context, id);
  const entries = [];
  if (agent.containerSpec) {
    const lines = context.host.logs(containerNames(id).container, { tail: WINDOW_LINES, follow: false }, AbortSignal.timeout(20_000));
    for await (const line of lines) {
      const entry = logEntry(id, { ...line, text: redact(line.text, secrets) });
      if (!level || entry.level === level) entries.push(entry);
    }
  }
  return { logs: entries.slice(-limit), total: entries.length, limit, status: 'ok' as const };
}
