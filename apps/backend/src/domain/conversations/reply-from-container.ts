import { AppError, type Plan, plans } from '@agentbot/contracts';
import type { Agent } from '../../generated/prisma/client.ts';
import { type GatewayConnection, UnansweredError } from '../../infra/openclaw/gateway-connection.ts';
import { abortRun, sendToSession } from '../../infra/openclaw/send-to-session.ts';
import { type Part, sessionKeyOf, textOf } from '../../infra/openclaw/session-history.ts';
import { gatewayOf } from '../agents/gateway.ts';
import type { Context } from '../context.ts';
import type { StoredImage } from './message-images.ts';
import { answeredNothing, interrupted, LostRunError, ReplyError, replyErrorFrom } from './reply-error.ts';
import { createLiveText, messageBefore, replyInHistory, replyInTranscript } from './reply-text.ts';

/** After this time without an event, the run may have ended unnoticed: its state and history are read. */
const IDLE_MS = 60_000;
/** The maximum silence of a run. */
const TIMEOUT_MS = 11 * 60_000;
/** The maximum wait for the previous run to end after its reply. */
const PREVIOUS_RUN_MS = 3_000;

interface ChatEvent {
  runId: string;
  state: 'delta' | 'final' | 'error' | 'aborted';
  message?: { content?: Part[] };
  errorMessage?: string;
}
interface AgentEvent {
  runId: string;
  stream: string;
  data?: { text?: string; delta?: string; phase?: string };
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
  images?: StoredImage[];
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
interface Limits {
  idleMs?: number;
  timeoutMs?: number;
  /** The plan's limits of one reply. */
  limits?: Pick<(typeof plans)[Plan], 'replyMinutes' | 'replyToolCalls'>;
}
/** The outcome of an abort command: whether the session had a run to abort. */
export interface Aborted {
  aborted: boolean;
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
 * @throws LostRunError when the connection is lost; ReplyError with the agent's own error
 */
export async function replyFromContainer(
  context: Pick<Context, 'database' | 'envelope' | 'gateways' | 'host' | 'log'>,
  agent: Agent,
  question: Question,
  { idleMs = IDLE_MS, timeoutMs = TIMEOUT_MS, limits = plans[agent.plan] }: Limits = {},
): Promise<string | Aborted> {
  const gateway = await gatewayOf(context, agent);
  const sessionKey = sessionKeyOf(question.sessionId);
  const sent = {
    sessionKey,
    id: question.id,
    text: question.text,
    ...(question.images && { images: question.images }),
    version: agent.openclawVersion,
  };
  if (question.resumed) {
    const reply = await replyInHistory(gateway, sessionKey, question);
    if (reply) return reply;
  }
  const { promise, resolve, reject } = Promise.withResolvers<string | Aborted>();
  promise.catch(() => undefined);
  let lastEventAt = Date.now();
  let failure: ReplyError | undefined;
  let toolCalls = 0;
  const live = createLiveText();
  /** The last message before the run; `null` when the transcript could not be read. */
  let before: string | undefined | null;
  /**
   * Resolves with the reply from the transcript. The gateway removes text that looks like tags or media from its events, so the
   * event's text is only the fallback.
   */
  const finish = async (text: string) => resolve((before !== null && (await replyInTranscript(gateway, sessionKey, before))) || text);
  const stop = (reason: ReplyError) => {
    reject(reason);
    abortRun(gateway, sent).catch((error) => context.log.warn({ err: error, replyId: question.id }, 'a run could not be aborted'));
  };
  const stopAtLimit = (limit: string) => stop(new ReplyError('budget', `The reply was stopped: your plan allows ${limit} for one reply`));
  /** Waits for the end of the run after a model's error: the gateway reports that error, then tries the next fallback model. */
  const endAfterError = async () => {
    if (!(await hasFallbackModels(gateway))) return;
    const { status } = await gateway.request<RunEnd>('agent.wait', { runId: question.id, timeoutMs }, timeoutMs);
    const reply = status === 'ok' && (await replyInHistory(gateway, sessionKey, question));
    if (reply) resolve(reply);
  };
  // Events may arrive before the response to the message; the idempotency key is the run's id.
  const onEvent = (name: string, payload: unknown) => {
    const { runId } = payload as { runId?: string };
    if (runId !== question.id) return;
    lastEventAt = Date.now();
    if (name === 'agent') {
      const { stream, data } = payload as AgentEvent;
      if (stream === 'lifecycle' && data?.phase === 'start') live.restart();
      if (stream === 'assistant' && data?.text) question.onText(live.add(data.text, data.delta));
      const isNextCall = stream === 'tool' && data?.phase === 'start';
      if (isNextCall && ++toolCalls === limits.replyToolCalls + 1) stopAtLimit(`${limits.replyToolCalls} tool calls`);
    }
    if (name !== 'chat') return;
    const event = payload as ChatEvent;
    if (event.state === 'final') {
      const text = textOf(event.message?.content);
      // The gateway reports a failure as the agent's reply; its own file paths follow the reason.
      const [, reason] = /^⚠️ Agent failed before reply: ([^\n]*?)(?: Auth store:|\n|$)/u.exec(text) ?? [];
      if (reason) reject(replyErrorFrom(reason, 'agent', `The agent could not answer: ${reason}`));
      else finish(text).catch(reject);
    }
    if (event.state === 'error') {
      const isFirst = failure === undefined;
      failure = replyErrorFrom(event.errorMessage ?? '', 'agent', event.errorMessage ?? 'The agent failed to answer');
      const fail = (error?: unknown) => reject(error instanceof AppError ? error : failure);
      if (isFirst) void endAfterError().then(fail, fail);
    }
    if (event.state === 'aborted') reject(interrupted());
  };
  const onClose = () => reject(new LostRunError());
  const onAbort = () => stop(interrupted());
  gateway.on('event', onEvent);
  gateway.once('close', onClose);
  const checkForEnd = async () => {
    // The gateway keeps the end of a run for five minutes; for an active run it answers `timeout`.
    const { status, error } = await gateway.request<RunEnd>('agent.wait', { runId: question.id, timeoutMs: 0 });
    const reply = await replyInHistory(gateway, sessionKey, question);
    if (reply) resolve(reply);
    else if (status === 'ok' || status === 'error') reject(error ? replyErrorFrom(error, 'agent') : answeredNothing());
  };
  const idleCheck = setInterval(() => {
    const silentMs = Date.now() - lastEventAt;
    if (silentMs >= timeoutMs) reject(new ReplyError('timeout', 'The agent did not answer in time'));
    else if (silentMs >= idleMs) {
      // An error of the gateway is no end: the check is repeated.
      checkForEnd().catch((error) => {
        if (error instanceof AppError) reject(error);
      });
    }
  }, idleMs);
  const spentMs = Date.now() - question.askedAt.getTime();
  const runLimit = setTimeout(() => stopAtLimit(`${limits.replyMinutes} minutes`), limits.replyMinutes * 60_000 - spentMs);
  try {
    // The gateway starts no run for a message that arrives during another run.
    if (question.after) await gateway.request('agent.wait', { runId: question.after, timeoutMs: PREVIOUS_RUN_MS }).catch(() => undefined);
    before = await messageBefore(gateway, sessionKey, question).catch(() => null);
    question.signal?.throwIfAborted();
    // Throws when the plan's time is used up already: then nothing is sent.
    await Promise.race([promise, undefined]);
    question.signal?.addEventListener('abort', onAbort);
    const { status, aborted } = await sendToSession(gateway, sent).catch((error) => {
      throw error instanceof UnansweredError ? new LostRunError() : error;
    });
    // `aborted` means that the gateway read the message as an abort command; it sends no event for it.
    if (aborted !== undefined) resolve({ aborted });
    // The run ended before this process listened. The run id identifies it, so the clocks are not compared.
    if (status === 'ok') resolve((await replyInHistory(gateway, sessionKey, { ...question, askedAt: new Date(0) })) ?? '');
    return await promise;
  } finally {
    clearInterval(idleCheck);
    clearTimeout(runLimit);
    question.signal?.removeEventListener('abort', onAbort);
    gateway.off('event', onEvent);
    gateway.off('close', onClose);
  }
}
