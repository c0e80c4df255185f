import { agentSecretValues } from '../../infra/crypto/agent-secrets.ts';
import type { ContainerState } from '../../infra/docker/container-host.ts';
import { containerNames } from '../../infra/docker/layout.ts';
import { redact } from '../../shared/redact.ts';
import type { Context } from '../context.ts';

const MAX_LINES = 3;
const MAX_CHARACTERS = 400;

/** The text of a log line: its `message`, if it is an entry in JSON. */
function messageOf(line: string): string {
  try {
    const { message } = JSON.parse(line);
    return typeof message === 'string' ? message : line;
  } catch {
    return line;
  }
}

/**
 * A sentence for the owner about why the agent's container is not running: removed, out of memory, or its exit code and last
 * log lines. Secrets in the log lines are redacted.
 */
export async function exitReason(
  context: Pick<Context, 'host' | 'database' | 'envelope'>,
  agentId: string,
  state: ContainerState | null,
): Promise<string> {
  if (!state) return "The agent's container no longer exists";
  if (state.oomKilled) return "The agent's container ran out of memory";
  const log = await context.host.logTail(containerNames(agentId).container, 20);
  const lastLines = log.trim().split('\n').filter(Boolean).slice(-MAX_LINES).map(messageOf).join(' ');
  const lines = redact(lastLines, await agentSecretValues(context, agentId)).slice(0, MAX_CHARACTERS);
  const cause = state.status === 'running' ? 'keeps exiting' : `ended with exit code ${state.exitCode}`;
  return `The agent's container ${cause}${lines && `: ${lines}`}`;
}
