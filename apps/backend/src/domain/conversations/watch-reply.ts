import type { Message, Reply } from '../../generated/prisma/client.ts';
import { coalesce } from '../../shared/keyed-runner.ts';
import type { Context } from '../context.ts';
import { INTERRUPTED } from './reply-error.ts';
import { REPLIES, type ReplyChange } from './settle-reply.ts';

type WatchedReply = Reply & { answer: Message | null };

/**
 * Watches a reply that any process may produce. `onRow` gets the whole row at the start, at the end and after a missed
 * notification. When the conversation is deleted, `onRow` gets the reply as interrupted. `onText` gets the new text in between,
 * with the character at which it begins.
 * @param known the reply's row, if the caller has read it: the row may be deleted before it is read here
 * @returns a function that stops watching
 */
export function watchReply(
  { database, notifications, log }: Pick<Context, 'database' | 'notifications' | 'log'>,
  id: string,
  onRow: (reply: WatchedReply) => void,
  onText?: (at: number, text: string) => void,
  known?: Reply,
): () => void {
  let version = -1;
  let seen: WatchedReply | undefined = known && { ...known, answer: null };
  let ended = false;

  const { run: read } = coalesce(async () => {
    if (ended) return;
    try {
      const row = await database.as('service', (tx) => tx.reply.findUnique({ where: { id }, include: { answer: true } }));
      const gone = seen && { ...seen, state: 'failed' as const, error: INTERRUPTED, kind: 'stopped' as const, version: version + 1 };
      const current = row ?? (seen?.state === 'pending' ? gone : seen);
      if (!current || ended || current.version <= version) return;
      version = current.version;
      seen = current;
      onRow(current);
    } catch (error) {
      log.warn({ err: error, replyId: id }, 'a reply could not be read');
    }
  });
  // Listen before the first read, so that no change is missed between them.
  const offChange = notifications.on(REPLIES, (payload) => {
    // Every watcher sees the changes of all replies: parse only those of this one.
    if (!payload.includes(id)) return;
    const change = JSON.parse(payload) as ReplyChange;
    if (change.id !== id || change.version <= version) return;
    if (change.text === undefined || change.at === undefined || change.version !== version + 1) return read();
    version = change.version;
    onText?.(change.at, change.text);
  });
  const offResumed = notifications.on('resumed', read);
  read();
  return () => {
    ended = true;
    offChange();
    offResumed();
  };
}

/** Waits for the end of a reply, at most `timeoutMs` or until aborted. @returns undefined while the reply is pending */
export function waitForReply(
  context: Parameters<typeof watchReply>[0],
  id: string,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<Reply | undefined> {
  return new Promise((resolve) => {
    const finish = (reply?: Reply) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
      unwatch();
      resolve(reply);
    };
    const giveUp = () => finish();
    const timer = setTimeout(giveUp, timeoutMs);
    signal?.addEventListener('abort', giveUp);
    const unwatch = watchReply(context, id, (reply) => {
      if (reply.state !== 'pending') finish(reply);
    });
  });
}
