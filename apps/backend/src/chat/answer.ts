import { AppError } from '@agentbot/contracts';
import type { Context } from '../context.ts';
import type { Agent, Message } from '../generated/prisma/client.ts';
import { newId } from '../ids.ts';
import { redact } from '../logs/log-line.ts';
import { agentSecretValues } from '../secrets/agent-secrets.ts';
import { replyFromContainer } from './reply-from-container.ts';

/** Under this name Postgres tells every process which reply has changed. */
export const REPLIES = 'replies';
/** How often words that came are written down and passed on. */
const BATCH_MS = 60;
const HEARTBEAT_MS = 5_000;
/** Postgres refuses more than 8,000 bytes in one notification. */
const MOST_CHARACTERS = 1_500;

const FAILED = 'The agent failed to answer';

/** A change of a reply, as told to every process; without `text` it must be read from the table. */
export interface ReplyChange {
  id: string;
  version: number;
  at?: number;
  text?: string;
}

/** Postgres has no NUL in its texts. */
const storable = (text: string) => text.replaceAll('\u0000', '');

/** Writes words down and tells every process of them in one statement, so that the table is never behind what was told. */
function publish({ database }: Pick<Context, 'database'>, id: string, at: number, text: string) {
  const said = text.length <= MOST_CHARACTERS ? { at, text } : {};
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

/** Ends a reply once: with the agent's words, which join the session, or with the reason why there are none. */
async function settle({ database }: Context, message: Message, outcome: { words: string } | { error: string }): Promise<void> {
  const { id, agentId, ownerId, sessionId, platform } = message;
  await database.as('service', async (tx) => {
    const failed = 'error' in outcome;
    const data = failed ? { state: 'failed' as const, error: outcome.error } : { state: 'done' as const, text: outcome.words };
    const { count } = await tx.reply.updateMany({ where: { id, state: 'pending' }, data: { ...data, version: { increment: 1 } } });
    if (count && !failed) {
      const said = { agentId, ownerId, sessionId, sender: 'agent', content: outcome.words, platform };
      const { id: messageId } = await tx.message.create({ data: { id: newId('msg'), ...said } });
      await tx.reply.update({ where: { id }, data: { messageId } });
      await tx.chatSession.update({ where: { id: sessionId }, data: { lastActivityAt: new Date() } });
    }
    await tx.$executeRaw`SELECT pg_notify(${REPLIES}, json_build_object('id', id, 'version', version)::text) FROM replies WHERE id = ${id}`;
  });
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

/**
 * Gets the agent's reply to a stored message and stores it, however long that takes; it never throws. A process that
 * dies meanwhile is followed by another one (`resume-replies.ts`).
 */
export async function answer(context: Context, agent: Agent, message: Message, { soFar = '', resumed = false } = {}): Promise<void> {
  const { database, log } = context;
  const { id } = message;
  const batches = createBatches(context, id, soFar);
  const touch = (aliveAt: Date) =>
    database
      .as('service', (tx) => tx.reply.updateMany({ where: { id, state: 'pending' }, data: { aliveAt } }))
      .catch((error) => log.warn({ err: error, replyId: id }, 'a reply could not be kept alive'));
  const alive = setInterval(() => touch(new Date()), HEARTBEAT_MS);
  try {
    const question = { id, sessionId: message.sessionId, text: message.content, askedAt: message.createdAt, resumed, onText: batches.add };
    const reply = await (agent.runtime === 'container'
      ? replyFromContainer(context, agent, question)
      : import('./reply-from-provider.ts').then(({ replyFromProvider }) => replyFromProvider(context, agent, question)));
    if (reply.trim() === '') throw new AppError('OPERATION_FAILED', 'The agent answered nothing');
    await batches.end();
    await settle(context, message, { words: storable(reply) });
  } catch (error) {
    await batches.end();
    // The next process takes it up at once.
    if (context.closing.aborted) return void (await touch(new Date(0)));
    const unexplained = { sentence: FAILED, reason: 'its secrets could not be read, so what was said is left out' };
    const { sentence, reason } = await explain(context, agent.id, error).catch(() => unexplained);
    log.warn({ reason, agentId: agent.id, replyId: id }, 'a chat failed');
    await settle(context, message, { error: sentence }).catch((cause) =>
      log.error({ err: cause, replyId: id }, 'a failed chat stays open'),
    );
  } finally {
    clearInterval(alive);
  }
}
