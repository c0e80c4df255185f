import { agentSecretValues } from '../../infra/crypto/agent-secrets.ts';
import type { ContainerState } from '../../infra/docker/container-host.ts';
import { containerNames } from '../../infra/docker/layout.ts';
import { redact } from '../../shared/redact.ts';
import type { Context } from '../context.ts';

const LINES = 3;
const MAX_CHARACTERS = 400;

/** Why an agent's container is not running, as a sentence for its owner: memory, or exit code and last log lines. */
export async function exitReason(
  context: Pick<Context, 'host' | 'database' | 'envelope'>,
  agentId: string,
  state: ContainerState | null,
): Promise<string> {
  if (!state) return "The agent's container is gone";
  if (state.oomKilled) return "The agent's container ran out of memory";
  const log = await context.host.logTail(containerNames(agentId).container, 20);
  const last = log.trim().split('\n').filter(Boolean).slice(-LINES).join(' ');
  const lines = redact(last, await agentSecretValues(context, agentId)).slice(0, MAX_CHARACTERS);
  const how = state.status === 'running' ? 'ends again and again' : `ended with exit code ${state.exitCode}`;
  return `The agent's container ${how}${lines && `: ${lines}`}`;
}
