import type { Output } from '@agentbot/contracts/client';
import { useEffect, useMemo, useRef, useState } from 'react';
import useSWR from 'swr';
import { api } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';
import { coalesce } from '../../lib/coalesce.ts';
import { useReply } from './use-reply.ts';

const PAGE_SIZE = 50;

/**
 * The stored messages of a conversation, oldest first, with the reply that the agent is writing.
 * @param conversation undefined for a new conversation, which begins with the next message
 * @param lastAt time of the agent's newest message in any conversation
 */
export function useMessages(agentId: string, conversation: string | undefined, lastAt: string | undefined) {
  // The conversation whose earlier messages are being loaded.
  const [loadingMore, setLoadingMore] = useState<string>();
  // The number of pages to read of a conversation.
  const wanted = useRef({ conversation, pages: 1 });
  const key = conversation ? (['messages', agentId, conversation] as const) : null;
  const { data, error, mutate } = useSWR(key, async ([, id, sessionId]) => {
    const read: Output<'listMessages', 'web'>[] = [];
    const pages = () => (wanted.current.conversation === sessionId ? wanted.current.pages : 1);
    do {
      const query = { limit: PAGE_SIZE, offset: read.length * PAGE_SIZE, sessionId };
      // Sequentially: with parallel reads, a new message can shift another one out of both pages.
      read.push(await api('listMessages', { params: { id }, query }));
    } while (read.length < pages());
    return read;
  });
  // SWR discards a read when a newer one starts, but resolves its promise: run reads one after another.
  const read = useMemo(() => coalesce(mutate), [mutate]);
  const messages = useMemo(() => {
    const known = new Map(data?.flatMap((page) => page.messages).map((message) => [message.id, message]));
    return [...known.values()].reverse();
  }, [data]);
  // The earliest message that waits for its reply, also after a reload.
  const awaited = messages.find(({ reply }) => reply?.state === 'answering' || reply?.state === 'queued')?.id;
  const replyText = useReply(awaited, read);

  // A message from a channel or another tab. It may belong to this conversation: read it again.
  const unseen = data && !messages.some(({ timestamp }) => timestamp === lastAt) ? lastAt : undefined;
  useEffect(() => {
    if (unseen) void read();
  }, [unseen, read]);

  async function loadMore() {
    wanted.current = { conversation, pages: (data?.length ?? 0) + 1 };
    setLoadingMore(conversation);
    await read();
    setLoadingMore(undefined);
  }
  return {
    messages,
    loading: key !== null && !data && !error,
    /** Whether there are earlier messages. */
    hasMore: (data?.[0]?.total ?? 0) > messages.length,
    loadMore,
    loadingMore: loadingMore !== undefined && loadingMore === conversation,
    /** Why the messages could not be read. */
    problem: error ? errorMessage(error) : undefined,
    reload: read,
    /** The id of the message that the agent answers. */
    awaited,
    /** The reply so far; empty until its first word. */
    replyText,
  };
}
