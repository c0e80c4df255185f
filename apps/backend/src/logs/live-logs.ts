import { getAgent, listAgents } from '../agents/agents.ts';
import type { Context } from '../context.ts';
import type { Actor } from '../http/actor.ts';
import type { Subscribe } from '../http/event-stream.ts';
import { containerNames } from '../runtime/agent-container.ts';
import { agentSecretValues } from '../secrets/agent-secrets.ts';
import { redact } from './log-line.ts';

const HISTORY_LINES = 500;

/** Opens a live view of an agent's log. @throws AppError AGENT_NOT_FOUND */
export async function streamLogs(context: Context, actor: Actor, agentId: string): Promise<Subscribe> {
  await getAgent(context, actor, agentId);
  const secrets = () => agentSecretValues(context, agentId);
  return ({ lastEventId, send, end }) =>
    context.logs.watch(agentId, secrets, {
      // Anything but one of our own ids is as good as none.
      lastId: lastEventId && /^\d{19,20}$/.test(lastEventId) ? lastEventId : undefined,
      send: (frame, id) => send('line', frame, id),
      end,
    });
}

/** The last lines of an agent's log, with who is watching. @throws AppError AGENT_NOT_FOUND, DOCKER_UNAVAILABLE */
export async function logHistory(context: Context, actor: Actor, agentId: string) {
  const agent = await getAgent(context, actor, agentId);
  const stream = context.logs.find(agentId);
  const lines = stream ? stream.lines.map(({ text }) => text) : [];
  if (!stream && agent.containerSpec) {
    const secrets = await agentSecretValues(context, agentId);
    const found = context.host.logs(containerNames(agentId).container, { tail: HISTORY_LINES, follow: false }, AbortSignal.timeout(20_000));
    for await (const { text } of found) lines.push(redact(text, secrets));
  }
  return { agentId, lines, streaming: Boolean(stream), clients: stream?.viewers.size ?? 0 };
}

/** Ends every live view of an agent's log in this process. @throws AppError AGENT_NOT_FOUND */
export async function stopLogs(context: Context, actor: Actor, agentId: string): Promise<void> {
  await getAgent(context, actor, agentId);
  context.logs.stop(agentId);
}

/** The live log streams of the actor's agents in this process. */
export async function activeLogs(context: Context, actor: Actor) {
  const streams = context.logs.all();
  if (streams.length === 0) return [];
  const ids = streams.map(({ agentId }) => agentId);
  const { agents } = await listAgents(context, actor, {}, { id: { in: ids } });
  const visible = new Set(agents.map(({ id }) => id));
  return streams
    .filter(({ agentId }) => visible.has(agentId))
    .map(({ agentId, viewers, lines }) => ({ agentId, clients: viewers.size, lines: lines.length }));
}
