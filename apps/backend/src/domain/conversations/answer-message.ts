import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, type ReplyErrorKind } from '@agentbot/contracts';
import type { Agent, Message } from '../../generated/prisma/client.ts';
import { agentSecretValues } from '../../infra/crypto/agent-secrets.ts';
import { isAbortCommand } from '../../infra/openclaw/abort-command.ts';
import { UnansweredError } from '../../infra/openclaw/gateway-connection.ts';
import { redact } from '../../shared/redact.ts';
import type { Context } from '../context.ts';
import { budgetRefusalSince } from '../usage/ledger.ts';
import { awaitTurn, type Turn } from './await-turn.ts';
import { imagesOf } from './message-images.ts';
import { answeredNothing, LostRunError, ReplyError } from './reply-error.ts';
import { type Aborted, type Question, replyFromContainer } from './reply-from-container.ts';
import { interruptPendingReplies, REPLIES, settle } from './settle-reply.ts';
import { watchReply } from './watch-reply.ts';

/** The interval at which received text is stored and published. */
const BATCH_MS = 60;
const HEARTBEAT_MS = 5_000;
/** After a lost connection, the run is joined again at this interval, for at most this time: a backup may take minutes. */
const REJOIN_AFTER_MS = 2_000;
const REJOIN_FOR_MS = 20 * 60_000;
/** Longer text is not put into the notification: Postgres allows at most 8,000 bytes. */
const MAX_NOTIFIED_CHARACTERS = 1_500;

/** The maximum length of a reply, in UTF-16 code units. Models stop much earlier; an endpoint of a user's own may not. */
const MAX_REPLY = 500_000;

const FAILED = 'The agent failed to answer';
const tooLong = () => new ReplyError('bad_response', `The reply is longer than ${MAX_REPLY.toLocaleString('en')} characters`);

/** The reply to an abort command: the gateway's own sentence on its channels, or ours when no run was active. */
const ABORTED = '⚙️ Agent was aborted.';
const NOTHING_TO_STOP = 'There was nothing to stop.';

/** Whether a UTF-16 code unit is the first, or the second, of a surrogate pair. */
const isHigh = (unit: number) => unit >= 0xd800 && unit < 0xdc00;
const isLow = (unit: number) => unit >= 0xdc00 && unit < 0xe000;

/** Removes NUL, which Postgres cannot store in a text. */
const storable = (text: string) => text.replaceAll('\u0000', '');

/** Stores text and notifies every process in one statement, so that the table is never behind a notification. */
function publish({ database }: Pick<Context, 'database'>, id: string, at: number, text: string) {
  const change = text.length <= MAX_NOTIFIED_CHARACTERS ? { at, text } : {};
  return database.as(
    'service',
    (tx) => tx.$executeRaw`
      WITH changed AS (
        UPDATE replies SET text = left(text, ${at}::int) || ${text}, version = version + 1, alive_at = app_now()
        WHERE id = ${id} AND state = 'pending' RETURNING version
      )
      SELECT pg_notify(${REPLIES}, (${JSON.stringify({ id, ...change })}::jsonb || jsonb_build_object('version', version))::text) FROM changed`,
  );
}

/** Publishes the text in batches; `end` resolves when the last batch is stored. */
function createBatches(context: Context, id: string, initialText: string) {
  let published = initialText;
  let latest = initialText;
  let timer: NodeJS.Timeout | undefined;
  let writing = Promise.resolve();

  function flush() {
    timer = undefined;
    writing = writing
      .then(async () => {
        if (latest === published) return;
        const next = latest;
        // The text normally grows at its end; a retry of the model starts over.
        let prefix = 0;
        // Postgres counts a surrogate pair as one character.
        let pairs = 0;
        while (prefix < published.length && published[prefix] === next[prefix]) {
          if (isLow(next.charCodeAt(prefix)) && isHigh(next.charCodeAt(prefix - 1))) pairs++;
          prefix++;
        }
        if (isHigh(next.charCodeAt(prefix - 1))) prefix--;
        await publish(context, id, prefix - pairs, next.slice(prefix));
        published = next;
      })
      .catch((error) => context.log.warn({ err: error, replyId: id }, 'text of a reply could not be published'));
  }
  return {
    add(text: string) {
      latest = storable(text);
      timer ??= setTimeout(flush, BATCH_MS);
    },
    async end() {
      if (timer) {
        clearTimeout(timer);
        flush();
      }
      await writing;
    },
  };
}

interface Explanation {
  sentence: string;
  reason: string;
  kind: ReplyErrorKind;
}

/**
 * The error of a failed reply, for the owner (`sentence`) and for the log (`reason`). The agent's secrets are redacted, since
 * providers and gateways repeat a key that they refuse. The log gets an unexpected error's stack, never its fields.
 */
async function explain(context: Context, agentId: string, error: unknown): Promise<Explanation> {
  const secrets = await agentSecretValues(context, agentId);
  if (error instanceof AppError) {
    const sentence = redact(error.message, secrets);
    return { sentence, reason: sentence, kind: error instanceof ReplyError ? error.kind : 'agent' };
  }
  const reason = redact(error instanceof Error ? (error.stack ?? error.message) : String(error), secrets);
  return { sentence: FAILED, reason, kind: 'agent' };
}

/** Whether the process that a run began in still runs, as far as the platform knows. */
async function runsOn({ database }: Context, { id, startedAt }: Agent): Promise<boolean> {
  const row = await database.as('service', (tx) => tx.agent.findUnique({ where: { id } }));
  return row?.state === 'running' && row.startedAt?.getTime() === startedAt?.getTime();
}

/**
 * Gets the reply from the agent's container. When the connection is lost, joins the run again: a backup pauses the container,
 * and the run goes on afterwards. A run whose gateway has restarted is not repeated, since it may have called tools.
 */
async function replyOfRun(context: Context, agent: Agent, question: Question, signal: AbortSignal): Promise<string | Aborted> {
  let lost: LostRunError | undefined;
  let { resumed } = question;
  for (const until = Date.now() + REJOIN_FOR_MS; ; ) {
    try {
      return await replyFromContainer(context, agent, { ...question, resumed });
    } catch (error) {
      if (error instanceof LostRunError) lost ??= error;
      // Until the run is joined again, its gateway may not be reached.
      const isUnreachable = lost && (error instanceof UnansweredError || (error instanceof AppError && !(error instanceof ReplyError)));
      if (!lost || !(isUnreachable || error instanceof LostRunError)) throw error;
      if (Date.now() > until) throw lost;
    }
    await sleep(REJOIN_AFTER_MS, undefined, { signal });
    if (!(await runsOn(context, agent))) throw lost;
    resumed = true;
  }
}

/** Requests the reply from the agent's container, or from its model provider when it has no container. */
async function requestReply(
  context: Context,
  message: Message,
  { agent, begunAt, resumed, after }: Turn,
  { onText, signal }: { onText: (soFar: string) => void; signal: AbortSignal },
): Promise<string | Aborted> {
  if (agent.runtime === 'container') {
    const { id, sessionId, content: text } = message;
    const images = await imagesOf(context, message);
    const question = { id, sessionId, text, images, askedAt: begunAt, resumed, onText, signal, ...(after && { after }) };
    return replyOfRun(context, agent, question, signal);
  }
  if (isAbortCommand(message.content)) return { aborted: false };
  const { replyFromProvider } = await import('./reply-from-provider.ts');
  return replyFromProvider(context, agent, message, { onText, signal });
}

/** Tells that a budget was the reason, also where the agent's gateway put words of its own in its place. */
async function withBudget(context: Context, { agentId, createdAt }: Message, explained: Explanation): Promise<Explanation> {
  if (explained.kind === 'budget' || explained.kind === 'stopped') return explained;
  const sentence = await budgetRefusalSince(context, agentId, createdAt).catch(() => undefined);
  return sentence ? { sentence, reason: sentence, kind: 'budget' } : explained;
}

/**
 * Waits for the turn of a stored message, gets the agent's reply and stores it. Never throws; has no time limit of its own.
 * If this process dies, another process resumes the reply (`workers/reply-resumer.ts`).
 * @param soFar the text that an earlier process has stored
 */
export async function answer(context: Context, agent: Agent, message: Message, soFar = ''): Promise<void> {
  const { database, log } = context;
  const { id, content } = message;
  const batches = createBatches(context, id, soFar);
  const sendHeartbeat = () =>
    database
      .as('service', (tx) => tx.$executeRaw`UPDATE replies SET alive_at = app_now() WHERE id = ${id} AND state = 'pending'`)
      .catch((error) => log.warn({ err: error, replyId: id }, 'the heartbeat of a reply failed'));
  const release = () =>
    database
      .as('service', (tx) => tx.reply.updateMany({ where: { id, state: 'pending' }, data: { aliveAt: new Date(0) } }))
      .catch((error) =>
        log.warn({ err: error, replyId: id }, 'a reply could not be released; another process resumes it when it is stale'),
      );
  const heartbeat = setInterval(sendHeartbeat, HEARTBEAT_MS);
  // An abort command or another process may end the reply first.
  const ended = new AbortController();
  const grown = new AbortController();
  function onText(soFar: string) {
    if (soFar.length > MAX_REPLY) grown.abort();
    else batches.add(soFar);
  }
  const unwatch = watchReply(context, id, ({ state }) => {
    if (state !== 'pending') ended.abort();
  });
  try {
    // An abort command must not wait behind the run that it stops.
    const turn = isAbortCommand(content, agent.openclawVersion)
      ? { agent, begunAt: message.createdAt, resumed: false }
      : await awaitTurn(context, message);
    if (!turn) return;
    if (turn.agent.state !== 'running') throw new AppError('OPERATION_FAILED', `The agent is not running (${turn.agent.state})`);
    const reply = await requestReply(context, message, turn, { onText, signal: AbortSignal.any([ended.signal, grown.signal]) });
    if (typeof reply !== 'string') {
      const interrupted = await interruptPendingReplies(context, message);
      return await settle(context, message, { text: interrupted > 0 || reply.aborted ? ABORTED : NOTHING_TO_STOP });
    }
    if (reply.trim() === '') throw answeredNothing();
    if (reply.length > MAX_REPLY) throw tooLong();
    await batches.end();
    await settle(context, message, { text: storable(reply) });
  } catch (failure) {
    const error = grown.signal.aborted ? tooLong() : failure;
    await batches.end();
    if (ended.signal.aborted) return;
    // The oldest possible heartbeat lets the next process resume the reply at once.
    if (context.closing.aborted) return void (await release());
    const reasonLeftOut = "the agent's secrets could not be read, so the error is left out";
    const withoutDetails: Explanation = { sentence: FAILED, reason: reasonLeftOut, kind: 'agent' };
    const explained = await explain(context, agent.id, error).catch(() => withoutDetails);
    const { sentence, reason, kind } = await withBudget(context, message, explained);
    log.warn({ reason, kind, agentId: agent.id, replyId: id }, 'a reply failed');
    await settle(context, message, { error: sentence, kind }).catch((cause) =>
      log.error({ err: cause, replyId: id }, 'a failed reply could not be stored and stays pending'),
    );
  } finally {
    unwatch();
    clearInterval(heartbeat);
  }
}
