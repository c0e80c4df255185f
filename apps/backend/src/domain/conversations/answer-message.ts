import { AppError } from '@agentbot/contracts';
import type { Agent, Message } from '../../generated/prisma/client.ts';
import { agentSecretValues } from '../../infra/crypto/agent-secrets.ts';
import { isAbortCommand } from '../../infra/openclaw/abort-command.ts';
import { redact } from '../../shared/redact.ts';
import type { Context } from '../context.ts';
import { awaitTurn, type Turn } from './await-turn.ts';
import { type Aborted, replyFromContainer } from './reply-from-container.ts';
import { interruptPendingReplies, REPLIES, settle } from './settle-reply.ts';
import { watchReply } from './watch-reply.ts';

/** How often words that came are written down and passed on. */
const BATCH_MS = 60;
const HEARTBEAT_MS = 5_000;
/** Postgres refuses more than 8,000 bytes in one notification. */
const MAX_CHARACTERS = 1_500;

const FAILED = 'The agent failed to answer';

/** What an abort command is answered with: the gateway's own sentence on its channels, and ours when nothing was running. */
const ABORTED = '⚙️ Agent was aborted.';
const NOTHING_TO_STOP = 'There was nothing to stop.';

/** Postgres has no NUL in its texts. */
const storable = (text: string) => text.replaceAll('\u0000', '');

/** Writes words down and tells every process of them in one statement, so that the table is never behind what was told. */
function publish({ database }: Pick<Context, 'database'>, id: string, at: number, text: string) {
  const said = text.length <= MAX_CHARACTERS ? { at, text } : {};
  return database.as(
    'service',
    (tx) => tx.$executeRaw`
      WITH changed AS (
        UPDATE replies SET text = left(text, ${at}::int) || ${text}, version = version + 1, alive_at = now()
        WHERE id = ${id} AND state = 'pending' RETURNING version
      )
      SELECT pg_notify(${REPLIES}, (${JSON.stringify({ id, ...said })}::jsonb || jsonb_build_object('version', version))::text) FROM changed`,
  );
}

/** Passes words on in batches; `end` once the last batch is written. */
function createBatches(context: Context, id: string, soFar: string) {
  let written = soFar;
  let wanted = soFar;
  let timer: NodeJS.Timeout | undefined;
  let writing = Promise.resolve();

  function flush() {
    timer = undefined;
    writing = writing
      .then(async () => {
        if (wanted === written) return;
        const next = wanted;
        // Usually words only join; a model's second try begins anew.
        let same = 0;
        while (same < written.length && written[same] === next[same]) same++;
        if (/[\uD800-\uDBFF]/.test(next[same - 1] ?? '')) same--;
        await publish(context, id, [...next.slice(0, same)].length, next.slice(same));
        written = next;
      })
      .catch((error) => context.log.warn({ err: error, replyId: id }, 'words of a reply could not be passed on'));
  }
  return {
    add(text: string) {
      wanted = storable(text);
      timer ??= setTimeout(flush, BATCH_MS);
    },
    async end() {
      clearTimeout(timer);
      await writing;
    },
  };
}

/**
 * Why there is no reply, for the owner and for the log: without the agent's secrets, which providers and gateways repeat
 * when they refuse them. An error that nobody expected comes with its stack, and never with its fields.
 */
async function explain(context: Context, agentId: string, error: unknown): Promise<{ sentence: string; reason: string }> {
  const secrets = await agentSecretValues(context, agentId);
  if (error instanceof AppError) {
    const sentence = redact(error.message, secrets);
    return { sentence, reason: sentence };
  }
  return { sentence: FAILED, reason: redact(error instanceof Error ? (error.stack ?? error.message) : String(error), secrets) };
}

/** Asks the agent in the way that it answers at the moment. */
async function ask(
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
 * Gets the agent's reply to a stored message in its turn and stores it, however long that takes; it never throws. A process
 * that dies meanwhile is followed by another one (`resume-replies.ts`).
 */
export async function answer(context: Context, agent: Agent, message: Message, soFar = ''): Promise<void> {
  const { database, log } = context;
  const { id, content } = message;
  const batches = createBatches(context, id, soFar);
  const touch = (aliveAt: Date) =>
    database
      .as('service', (tx) => tx.reply.updateMany({ where: { id, state: 'pending' }, data: { aliveAt } }))
      .catch((error) => log.warn({ err: error, replyId: id }, 'a reply could not be kept alive'));
  const alive = setInterval(() => touch(new Date()), HEARTBEAT_MS);
  // An abort command, or another process, may end the reply first.
  const ended = new AbortController();
  const unwatch = watchReply(context, id, ({ state }) => {
    if (state !== 'pending') ended.abort();
  });
  try {
    // An abort command must not wait behind what it stops.
    const turn = isAbortCommand(content, agent.openclawVersion)
      ? { agent, begunAt: message.createdAt, resumed: false }
      : await awaitTurn(context, message);
    if (!turn) return;
    if (turn.agent.state !== 'running') throw new AppError('OPERATION_FAILED', `The agent is not running (${turn.agent.state})`);
    const reply = await ask(context, message, turn, { onText: batches.add, signal: ended.signal });
    if (typeof reply !== 'string') {
      const interrupted = await interruptPendingReplies(context, message);
      return await settle(context, message, { words: interrupted > 0 || reply.aborted ? ABORTED : NOTHING_TO_STOP });
    }
    if (reply.trim() === '') throw new AppError('OPERATION_FAILED', 'The agent answered nothing');
    await batches.end();
    await settle(context, message, { words: storable(reply) });
  } catch (error) {
    await batches.end();
    if (ended.signal.aborted) return;
    // The next process takes it up at once.
    if (context.closing.aborted) return void (await touch(new Date(0)));
    const unexplained = { sentence: FAILED, reason: 'its secrets could not be read, so what was said is left out' };
    const { sentence, reason } = await explain(context, agent.id, error).catch(() => unexplained);
    log.warn({ reason, agentId: agent.id, replyId: id }, 'a chat failed');
    await settle(context, message, { error: sentence }).catch((cause) =>
      log.error({ err: cause, replyId: id }, 'a failed chat stays open'),
    );
  } finally {
    unwatch();
    clearInterval(alive);
  }
}
