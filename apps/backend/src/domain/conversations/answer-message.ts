import { AppError, type ReplyErrorKind } from '@agentbot/contracts';
import type { Agent, Message } from '../../generated/prisma/client.ts';
import { agentSecretValues } from '../../infra/crypto/agent-secrets.ts';
import { isAbortCommand } from '../../infra/openclaw/abort-command.ts';
import { redact } from '../../shared/redact.ts';
import type { Context } from '../context.ts';
import { awaitTurn, type Turn } from './await-turn.ts';
import { answeredNothing, ReplyError } from './reply-error.ts';
import { type Aborted, replyFromContainer } from './reply-from-container.ts';
import { interruptPendingReplies, REPLIES, settle } from './settle-reply.ts';
import { watchReply } from './watch-reply.ts';

/** The interval at which received text is stored and published. */
const BATCH_MS = 60;
const HEARTBEAT_MS = 5_000;
/** Longer text is not put into the notification: Postgres allows at most 8,000 bytes. */
const MAX_NOTIFIED_CHARACTERS = 1_500;

const FAILED = 'The agent failed to answer';

/** The reply to an abort command: the gateway's own sentence on its channels, or ours when no run was active. */
const ABORTED = '⚙️ Agent was aborted.';
const NOTHING_TO_STOP = 'There was nothing to stop.';

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
        while (prefix < published.length && published[prefix] === next[prefix]) prefix++;
        if (/[\uD800-\uDBFF]/.test(next[prefix - 1] ?? '')) prefix--;
        await publish(context, id, [...next.slice(0, prefix)].length, next.slice(prefix));
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

/** Requests the reply from the agent's container, or from its model provider when it has no container. */
async function requestReply(
  context: Context,
  message: Message,
  { agent, begunAt, resumed, after }: Turn,
  { onText, signal }: { onText: (soFar: string) => void; signal: AbortSignal },
): Promise<string | Aborted> {
  if (agent.runtime === 'container') {
    const { id, sessionId, content: text } = message;
    const question = { id, sessionId, text, askedAt: begunAt, resumed, onText, signal, ...(after && { after }) };
    return replyFromContainer(context, agent, question);
  }
  if (isAbortCommand(message.content)) return { aborted: false };
  const { replyFromProvider } = await import('./reply-from-provider.ts');
  return replyFromProvider(context, agent, message, { onText, signal });
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
    const reply = await requestReply(context, message, turn, { onText: batches.add, signal: ended.signal });
    if (typeof reply !== 'string') {
      const interrupted = await interruptPendingReplies(context, message);
      return await settle(context, message, { text: interrupted > 0 || reply.aborted ? ABORTED : NOTHING_TO_STOP });
    }
    if (reply.trim() === '') throw answeredNothing();
    await batches.end();
    await settle(context, message, { text: storable(reply) });
  } catch (error) {
    await batches.end();
    if (ended.signal.aborted) return;
    // The oldest possible heartbeat lets the next process resume the reply at once.
    if (context.closing.aborted) return void (await release());
    const reasonLeftOut = "the agent's secrets could not be read, so the error is left out";
    const withoutDetails: Explanation = { sentence: FAILED, reason: reasonLeftOut, kind: 'agent' };
    const { sentence, reason, kind } = await explain(context, agent.id, error).catch(() => withoutDetails);
    log.warn({ reason, kind, agentId: agent.id, replyId: id }, 'a reply failed');
    await settle(context, message, { error: sentence, kind }).catch((cause) =>
      log.error({ err: cause, replyId: id }, 'a failed reply could not be stored and stays pending'),
    );
  } finally {
    unwatch();
    clearInterval(heartbeat);
  }
}
