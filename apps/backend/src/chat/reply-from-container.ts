import { AppError } from '@agentbot/contracts';
import type { Context } from '../context.ts';
import type { Agent } from '../generated/prisma/client.ts';
import type { GatewayConnection } from '../openclaw/gateway-connection.ts';
import { gatewayOf } from '../openclaw/gateway-of.ts';
import { displayable, history, type Part, textOf } from '../openclaw/history.ts';

interface ChatEvent {
  runId: string;
  state: 'delta' | 'final' | 'error' | 'aborted';
  message?: { content?: Part[] };
  errorMessage?: string;
}
interface AgentEvent {
  runId: string;
  stream: string;
  data?: { text?: string };
}
/** What is said to an agent, and who hears the words as they come. */
export interface Question {
  /** The id of the message: the gateway's run has the same, and the same run never happens twice. */
  id: string;
  sessionId: string;
  text: string;
  /** Whether another process may have said it to the gateway before. */
  resumed: boolean;
  /** Called with all the words so far. */
  onText: (soFar: string) => void;
}

/** The reply that the session's history has to the last thing said, if it is the one asked. */
async function replyInHistory(gateway: GatewayConnection, sessionKey: string, question: string): Promise<string | undefined> {
  const messages = await history(gateway, sessionKey, 50);
  const last = messages.findLastIndex(({ role }) => role === 'user');
  if (!textOf(messages[last]?.content).trim().endsWith(question.trim())) return undefined;
  const words = messages
    .slice(last + 1)
    .filter(({ role }) => role === 'assistant')
    .map(({ content }) => textOf(content));
  return words.filter(Boolean).at(-1);
}

/**
 * Sends a message into a session of the agent's gateway and waits for the end of its run.
 * @returns the agent's words
 * @throws AppError OPERATION_FAILED with the agent's own error
 */
export async function replyFromContainer(context: Context, agent: Agent, question: Question): Promise<string> {
  const gateway = await gatewayOf(context, agent);
  const sessionKey = `agent:main:${question.sessionId}`;
  if (question.resumed) {
    const words = await replyInHistory(gateway, sessionKey, question.text);
    if (words) return words;
  }
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  promise.catch(() => undefined);
  // Events may overtake the answer to the request; the idempotency key is the run's id.
  const onEvent = (name: string, payload: unknown) => {
    const { runId } = payload as { runId?: string };
    if (runId !== question.id) return;
    if (name === 'agent') {
      const { stream, data } = payload as AgentEvent;
      if (stream === 'assistant' && data?.text) question.onText(displayable(data.text));
    }
    if (name !== 'chat') return;
    const event = payload as ChatEvent;
    if (event.state === 'final') {
      const words = textOf(event.message?.content);
      // The gateway says so in the agent's name, and goes on about its own files.
      const [, reason] = /^⚠️ Agent failed before reply: ([^\n]*?)(?: Auth store:|\n|$)/u.exec(words) ?? [];
      if (reason) reject(new AppError('OPERATION_FAILED', `The agent could not answer: ${reason}`));
      else resolve(words);
    }
    if (event.state === 'error') reject(new AppError('OPERATION_FAILED', event.errorMessage ?? 'The agent failed to answer'));
    if (event.state === 'aborted') reject(new AppError('OPERATION_FAILED', 'The agent was interrupted'));
  };
  const onClose = () => reject(new AppError('OPERATION_FAILED', "The connection to the agent's gateway was lost"));
  gateway.on('event', onEvent);
  gateway.once('close', onClose);
  try {
    const run = { sessionKey, message: question.text, idempotencyKey: question.id };
    const { status } = await gateway.request<{ status?: string }>('chat.send', run);
    // It ended while nobody listened.
    if (status === 'ok') resolve((await replyInHistory(gateway, sessionKey, question.text)) ?? '');
    return await promise;
  } finally {
    gateway.off('event', onEvent);
    gateway.off('close', onClose);
  }
}
