import { AppError } from '@agentbot/contracts';
import type { Agent } from '../../generated/prisma/client.ts';
import type { GatewayConnection } from '../../infra/openclaw/gateway-connection.ts';
import { type HistoryEntry, history, type Part, stripDirectives, textOf } from '../../infra/openclaw/session-history.ts';
import { gatewayOf } from '../agents/gateway.ts';
import type { Context } from '../context.ts';
import { INTERRUPTED } from './settle-reply.ts';

/** A run of which nothing is heard for so long may have ended unheard: its session is asked. */
const IDLE_MS = 60_000;
/** The gateway ends a run by itself after ten minutes. */
const TIMEOUT_MS = 11 * 60_000;
/** How long a run may take to end after its last words. */
const END_MS = 3_000;
/** How the gateway ends what it shows of a long text. */
const CUT = '\n...(truncated)...';

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
/** What `agent.wait` says of a run. */
interface RunEnd {
  status?: 'ok' | 'error' | 'timeout';
  error?: string;
}
/** What is said to an agent, and who hears the words as they come. */
export interface Question {
  /** The id of the message: the gateway's run has the same, and the same run never happens twice. */
  id: string;
  sessionId: string;
  text: string;
  askedAt: Date;
  /** Whether another process may have sent it to the gateway before. */
  resumed: boolean;
  /** The message before, whose run may not be over yet. */
  after?: string;
  /** Called with all the words so far. */
  onText: (soFar: string) => void;
  /** Ends the run. */
  signal?: AbortSignal;
}
/** The answer to a message that the gateway took for a command to end the session's run: whether there was one. */
export interface Aborted {
  aborted: boolean;
}

/** Whether a message of the history is the one asked: the whole of it, said no earlier than it was asked. */
function isQuestion({ content, timestamp = 0 }: HistoryEntry, text: string, since: number): boolean {
  const [shown, asked] = [textOf(content).trim(), text.trim()];
  if (timestamp < since) return false;
  if (shown.endsWith(CUT)) return asked.startsWith(shown.slice(0, -CUT.length));
  // The gateway takes `[…]` at the beginning for its own mark of the time.
  return shown === asked || shown === asked.replace(/^\[[^\]]+\]\s*/, '');
}

/** The reply that the session's history has to the last thing said, if it is the one asked and the agent is done. */
async function replyInHistory(
  gateway: GatewayConnection,
  sessionKey: string,
  { text, askedAt }: Pick<Question, 'text' | 'askedAt'>,
): Promise<string | undefined> {
  const messages = await history(gateway, sessionKey, 50);
  const last = messages.findLastIndex(({ role }) => role === 'user');
  const [question, end] = [messages[last], messages.at(-1)];
  if (!question || !isQuestion(question, text, askedAt.getTime())) return undefined;
  const working = Array.isArray(end?.content) && end.content.some(({ type }) => type === 'toolCall');
  if (end?.role !== 'assistant' || working) return undefined;
  const words = messages
    .slice(last + 1)
    .filter(({ role }) => role === 'assistant')
    .map(({ content }) => textOf(content));
  return words.filter(Boolean).at(-1);
}

/**
 * Sends a message into a session of the agent's gateway and waits for the end of its run.
 * @returns the agent's words, or what became of an abort command
 * @throws AppError OPERATION_FAILED with the agent's own error
 */
export async function replyFromContainer(
  context: Pick<Context, 'database' | 'envelope' | 'gateways'>,
  agent: Agent,
  question: Question,
  { idleMs = IDLE_MS, timeoutMs = TIMEOUT_MS } = {},
): Promise<string | Aborted> {
  const gateway = await gatewayOf(context, agent);
  const sessionKey = `agent:main:${question.sessionId}`;
  if (question.resumed) {
    const words = await replyInHistory(gateway, sessionKey, question);
    if (words) return words;
  }
  const { promise, resolve, reject } = Promise.withResolvers<string | Aborted>();
  promise.catch(() => undefined);
  let heardAt = Date.now();
  // Events may overtake the answer to the request; the idempotency key is the run's id.
  const onEvent = (name: string, payload: unknown) => {
    const { runId } = payload as { runId?: string };
    if (runId !== question.id) return;
    heardAt = Date.now();
    if (name === 'agent') {
      const { stream, data } = payload as AgentEvent;
      if (stream === 'assistant' && data?.text) question.onText(stripDirectives(data.text));
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
    if (event.state === 'aborted') reject(new AppError('OPERATION_FAILED', INTERRUPTED));
  };
  const onClose = () => reject(new AppError('OPERATION_FAILED', "The connection to the agent's gateway was lost"));
  const onAbort = () => {
    reject(new AppError('OPERATION_FAILED', INTERRUPTED));
    gateway.request('chat.abort', { sessionKey, runId: question.id }).catch(() => undefined);
  };
  gateway.on('event', onEvent);
  gateway.once('close', onClose);
  const lookForEnd = async () => {
    // The gateway remembers the end of a run for five minutes; for a run that goes on it answers `timeout`.
    const { status, error } = await gateway.request<RunEnd>('agent.wait', { runId: question.id, timeoutMs: 0 });
    const words = await replyInHistory(gateway, sessionKey, question);
    if (words) resolve(words);
    else if (status === 'ok' || status === 'error') reject(new AppError('OPERATION_FAILED', error ?? 'The agent answered nothing'));
  };
  const listening = setInterval(() => {
    const silentMs = Date.now() - heardAt;
    if (silentMs >= timeoutMs) reject(new AppError('OPERATION_FAILED', 'The agent did not answer in time'));
    else if (silentMs >= idleMs) lookForEnd().catch(() => undefined);
  }, idleMs);
  try {
    // A message that comes during a run gets none of its own.
    if (question.after) await gateway.request('agent.wait', { runId: question.after, timeoutMs: END_MS }).catch(() => undefined);
    question.signal?.throwIfAborted();
    question.signal?.addEventListener('abort', onAbort);
    const run = { sessionKey, message: question.text, idempotencyKey: question.id };
    const { status, aborted } = await gateway.request<{ status?: string; aborted?: boolean }>('chat.send', run);
    // The gateway took it for a command to end the session's run, and tells no event of it.
    if (aborted !== undefined) resolve({ aborted });
    // It ended while nobody listened; that it is this one is certain, whatever the clocks say.
    if (status === 'ok') resolve((await replyInHistory(gateway, sessionKey, { ...question, askedAt: new Date(0) })) ?? '');
    return await promise;
  } finally {
    clearInterval(listening);
    question.signal?.removeEventListener('abort', onAbort);
    gateway.off('event', onEvent);
    gateway.off('close', onClose);
  }
}
