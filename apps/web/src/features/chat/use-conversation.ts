import type { Output } from '@agentbot/contracts/client';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import useSWR from 'swr';
import { api } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';
import { coalesce } from '../../lib/coalesce.ts';
import { useReply } from './use-reply.ts';

const PAGE_SIZE = 50;
/** The command that stops a reply. */
const STOP = '/stop';

/** The message that is being sent to a conversation, or that could not be sent. */
interface Outgoing {
  pending?: string;
  failed?: { text: string; problem: string };
}

/**
 * The messages of an agent or of one conversation, oldest first, with the message that is being sent and the streamed reply.
 * @param lastAt time of the agent's newest message in any conversation
 */
export function useConversation(agentId: string, sessionId: string | undefined, lastAt: string | undefined) {
  const [outgoing, setOutgoing] = useState<Record<string, Outgoing>>({});
  // The message whose reply has ended, with success or not.
  const [ended, setEnded] = useState<string>();
  // The conversation whose earlier messages are loading.
  const [loadingMore, setLoadingMore] = useState<string>();
  // The number of pages to read of a conversation.
  const wanted = useRef({ session: sessionId, pages: 1 });
  const { data, error, mutate } = useSWR(['messages', agentId, sessionId] as const, async ([, id, session]) => {
    const read: Output<'listMessages', 'web'>[] = [];
    const pages = () => (wanted.current.session === session ? wanted.current.pages : 1);
    do {
      const query = { limit: PAGE_SIZE, offset: read.length * PAGE_SIZE, ...(session && { sessionId: session }) };
      // Sequentially: with parallel reads, a new message can shift another one out of both pages.
      read.push(await api('listMessages', { params: { id }, query }));
    } while (read.length < pages());
    return read;
  });
  // SWR discards a read when a newer one starts, but resolves its promise: run reads one after another.
  const read = useMemo(() => coalesce(mutate), [mutate]);
  const known = new Map(data?.flatMap((page) => page.messages).map((message) => [message.id, message]));
  const messages = [...known.values()].reverse();
  const newest = messages.at(-1);
  // The newest message if the agent has not replied yet; also after a reload.
  const awaited = newest?.sender === 'user' && newest.platform === 'web' ? newest.id : undefined;
  const onEnd = useCallback(() => {
    void read().then(() => setEnded(awaited));
  }, [read, awaited]);
  const reply = useReply(awaited, onEnd);

  // A message from a channel or another tab. It may belong to this conversation: read it again.
  const unseen = data && !messages.some(({ timestamp }) => timestamp === lastAt) ? lastAt : undefined;
  useEffect(() => {
    if (unseen) void read();
  }, [unseen, read]);

  const conversation = sessionId ?? '';
  const { pending, failed } = outgoing[conversation] ?? {};
  async function send(text: string) {
    const setOwn = (of: Outgoing) => setOutgoing((all) => ({ ...all, [conversation]: of }));
    setOwn({ pending: text });
    const problem = await api('sendMessage', { body: { message: text, agentId, wait: false, ...(sessionId && { sessionId }) } }).then(
      () => undefined,
      errorMessage,
    );
    if (problem) setOwn({ failed: { text, problem } });
    await read();
    if (!problem) setOwn({});
  }

  async function loadMore() {
    wanted.current = { session: sessionId, pages: (data?.length ?? 0) + 1 };
    setLoadingMore(conversation);
    await read();
    setLoadingMore(undefined);
  }

  const answering = awaited !== undefined && awaited !== ended;
  const retryText = failed?.text ?? (reply.problem ? newest?.content : undefined);
  return {
    messages,
    loading: !data && !error,
    /** Whether there are earlier messages. */
    hasMore: (data?.[0]?.total ?? 0) > messages.length,
    loadMore,
    loadingMore: loadingMore === conversation,
    /** Why the last message or its reply failed. */
    problem: failed?.problem ?? reply.problem,
    /** Why the messages could not be read. */
    readProblem: error ? errorMessage(error) : undefined,
    reload: read,
    /** The message that is being sent, until the history contains it. */
    pending: pending !== undefined && newest?.content !== pending ? pending : undefined,
    busy: pending !== undefined || answering,
    /** The streamed reply so far; empty until its first text. */
    replyText: answering ? reply.text : '',
    answering: pending !== undefined || answering,
    send,
    /** Stops the current reply and the queued ones. */
    stop: answering && pending === undefined ? () => send(STOP) : undefined,
    retry: retryText === undefined ? undefined : () => send(retryText),
  };
}
