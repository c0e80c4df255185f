import { AppError } from '@agentbot/contracts';
import type { Agent } from '../../generated/prisma/client.ts';
import type { GatewayConnection } from '../../infra/openclaw/gateway-connection.ts';
import { type HistoryEntry, history, type Part, stripDirectives, textOf } from '../../infra/openclaw/session-history.ts';
import { gatewayOf } from '../agents/gateway.ts';
import type { Context } from '../context.ts';
import { INTERRUPTED } from './settle-reply.ts';

/** After this time without an event, the run may have ended unnoticed: its state and history are read. */
const IDLE_MS = 60_000;
/** The gateway's own limit for a run is ten minutes. */
const TIMEOUT_MS = 11 * 60_000;
/** The maximum wait for the previous run to end after its reply. */
const PREVIOUS_RUN_MS = 3_000;
/** The end of a text that the gateway has truncated. */
const TRUNCATION_MARK = '\n...(truncated)...';

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
/** The gateway's response to `agent.wait`. */
interface RunEnd {
  status?: 'ok' | 'error' | 'timeout';
  error?: string;
}
/** A message for an agent, with the callback for its reply. */
export interface Question {
  /** The message's id. It is also the id of the gateway's run, so that a repeated send starts no second run. */
  id: string;
  sessionId: string;
  text: string;
  askedAt: Date;
  /** Whether an earlier process may have sent the message to the gateway. */
  resumed: boolean;
  /** The id of the previous message, whose run may still be active. */
  after?: string;
  /** Called with the whole reply so far. */
  onText: (soFar: string) => void;
  /** Aborts the run. */
  signal?: AbortSignal;
}
/** The outcome of an abort command: whether the session had a run to abort. */
export interface Aborted {
  aborted: boolean;
}

/** Whether a history entry is the question: the same text, not older than `since` (ms since 1970). */
function isQuestion({ content, timestamp = 0 }: HistoryEntry, text: string, since: number): boolean {
  const [shown, sent] = [textOf(content).trim(), text.trim()];
  if (timestamp < since) return false;
  if (shown.endsWith(TRUNCATION_MARK)) return sent.startsWith(shown.slice(0, -TRUNCATION_MARK.length));
  // The gateway removes a leading `[…]`: it looks like the gateway's own timestamp.
  return shown === sent || shown === sent.replace(/^\[[^\]]+\]\s*/, '');
}

/** The reply in the session's history, if the last user message is the question and the agent's run is complete. */
async function replyInHistory(
  gateway: GatewayConnection,
  sessionKey: string,
  { text, askedAt }: Pick<Question, 'text' | 'askedAt'>,
): Promise<string | undefined> {
  const messages = await history(gateway, sessionKey, 50);
  const last = messages.findLastIndex(({ role }) => role === 'user');
  const [question, lastEntry] = [messages[last], messages.at(-1)];
  if (!question || !isQuestion(question, text, askedAt.getTime())) return undefined;
  const isCallingTool = Array.isArray(lastEntry?.content) && lastEntry.content.some(({ type }) => type === 'toolCall');
  if (lastEntry?.role !== 'assistant' || isCallingTool) return undefined;
  const texts = messages
    .slice(last + 1)
    .filter(({ role }) => role === 'assistant')
    .map(({ content }) => textOf(content));
  return texts.filter(Boolean).at(-1);
}

/** Whether the gateway's configuration has fallback models. */
async function hasFallbackModels(gateway: GatewayConnection): Promise<boolean> {
  interface Defaults {
    config?: { agents?: { defaults?: { model?: { fallbacks?: string[] } } } };
  }
  const { config } = await gateway.request<Defaults>('config.get');
  return (config?.agents?.defaults?.model?.fallbacks ?? []).length > 0;
}

/**
 * Sends a message into a session of the agent's gateway and waits for the end of its run.
 * @returns the agent's reply, or the outcome of an abort command
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
    const reply = await replyInHistory(gateway, sessionKey, question);
    if (reply) return reply;
  }
  const { promise, resolve, reject } = Promise.withResolvers<string | Aborted>();
  promise.catch(() => undefined);
  let lastEventAt = Date.now();
  let failure: AppError | undefined;
  /** Waits for the end of the run after a model's error: the gateway reports that error, then tries the next fallback model. */
  const endAfterError = async () => {
    if (!(await hasFallbackModels(gateway))) return;
    const { status } = await gateway.request<RunEnd>('agent.wait', { runId: question.id, timeoutMs }, timeoutMs);
    const reply = status === 'ok' && (await replyInHistory(gateway, sessionKey, question));
    if (reply) resolve(reply);
  };
  // Events may arrive before the response to `chat.send`; the idempotency key is the run's id.
  const onEvent = (name: string, payload: unknown) => {
    const { runId } = payload as { runId?: string };
    if (runId !== question.id) return;
    lastEventAt = Date.now();
    if (name === 'agent') {
      const { stream, data } = payload as AgentEvent;
      if (stream === 'assistant' && data?.text) question.onText(stripDirectives(data.text));
    }
    if (name !== 'chat') return;
    const event = payload as ChatEvent;
    if (event.state === 'final') {
      const text = textOf(event.message?.content);
      // The gateway reports a failure as the agent's reply; its own file paths follow the reason.
      const [, reason] = /^⚠️ Agent failed before reply: ([^\n]*?)(?: Auth store:|\n|$)/u.exec(text) ?? [];
      if (reason) reject(new AppError('OPERATION_FAILED', `The agent could not answer: ${reason}`));
      else resolve(text);
    }
    if (event.state === 'error') {
      const isFirst = failure === undefined;
      failure = new AppError('OPERATION_FAILED', event.errorMessage ?? 'The agent failed to answer');
      const fail = () => reject(failure);
      if (isFirst) void endAfterError().then(fail, fail);
    }
    if (event.state === 'aborted') reject(new AppError('OPERATION_FAILED', INTERRUPTED));
  };
  const onClose = () => reject(new AppError('OPERATION_FAILED', "The connection to the agent's gateway was lost"));
  const onAbort = () => {
    reject(new AppError('OPERATION_FAILED', INTERRUPTED));
    gateway.request('chat.abort', { sessionKey, runId: question.id }).catch(() => undefined);
  };
  gateway.on('event', onEvent);
  gateway.once('close', onClose);
  const checkForEnd = async () => {
    // The gateway keeps the end of a run for five minutes; for an active run it answers `timeout`.
    const { status, error } = await gateway.request<RunEnd>('agent.wait', { runId: question.id, timeoutMs: 0 });
    const reply = await replyInHistory(gateway, sessionKey, question);
    if (reply) resolve(reply);
    else if (status === 'ok' || status === 'error') reject(new AppError('OPERATION_FAILED', error ?? 'The agent answered nothing'));
  };
  const idleCheck = setInterval(() => {
    const silentMs = Date.now() - lastEventAt;
    if (silentMs >= timeoutMs) reject(new AppError('OPERATION_FAILED', 'The agent did not answer in time'));
    else if (silentMs >= idleMs) checkForEnd().catch(() => undefined);
  }, idleMs);
  try {
    // The gateway starts no run for a message that arrives during another run.
    if (question.after) await gateway.request('agent.wait', { runId: question.after, timeoutMs: PREVIOUS_RUN_MS }).catch(() => undefined);
    question.signal?.throwIfAborted();
    question.signal?.addEventListener('abort', onAbort);
    const run = { sessionKey, message: question.text, idempotencyKey: question.id };
    const { status, aborted } = await gateway.request<{ status?: string; aborted?: boolean }>('chat.send', run);
    // `aborted` means that the gateway read the message as an abort command; it sends no event for it.
    if (aborted !== undefined) resolve({ aborted });
    // The run ended before this process listened. The run id identifies it, so the clocks are not compared.
    if (status === 'ok') resolve((await replyInHistory(gateway, sessionKey, { ...question, askedAt: new Date(0) })) ?? '');
    return await promise;
  } finally {
    clearInterval(idleCheck);
    question.signal?.removeEventListener('abort', onAbort);
    gateway.off('event', onEvent);
    gateway.off('close', onClose);
  }
}
