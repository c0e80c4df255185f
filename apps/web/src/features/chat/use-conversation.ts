import { useCallback, useEffect, useState } from 'react';
import useSWRInfinite from 'swr/infinite';
import { api, sentenceOf } from '../api.ts';
import { useReply } from './use-reply.ts';

const PAGE = 50;

/** What is on its way into a conversation, or did not get there. */
interface Outgoing {
  pending?: string;
  failed?: { text: string; problem: string };
}

/**
 * The messages with one agent, or of one conversation, oldest first, the one that is on its way, and the reply as it comes.
 * @param lastAt when the agent's newest message was said, wherever that was
 */
export function useConversation(agentId: string, sessionId: string | undefined, lastAt: string | undefined) {
  const [outgoing, setOutgoing] = useState<Record<string, Outgoing>>({});
  // Replies that are no longer listened for: they ended, well or not.
  const [ended, setEnded] = useState<string>();
  const { data, error, mutate, size, setSize, isValidating } = useSWRInfinite(
    (index) => ['messages', agentId, sessionId, index] as const,
    ([, id, session, index]) =>
      api('listMessages', { params: { id }, query: { limit: PAGE, offset: index * PAGE, ...(session && { sessionId: session }) } }),
    { revalidateFirstPage: true, revalidateAll: true, keepPreviousData: false },
  );
  const known = new Map(data?.flatMap((page) => page.messages).map((message) => [message.id, message]));
  const messages = [...known.values()].reverse();
  const newest = messages.at(-1);
  // What was said last and has no answer yet; after a reload too.
  const awaited = newest?.sender === 'user' && newest.platform === 'web' ? newest.id : undefined;
  const onEnd = useCallback(() => {
    void mutate()
      .catch(() => undefined)
      .finally(() => setEnded(awaited));
  }, [mutate, awaited]);
  const reply = useReply(awaited, onEnd);

  // On a channel, in another tab, or late: it is in this conversation or in another one.
  const unseen = data && !messages.some(({ timestamp }) => timestamp === lastAt) ? lastAt : undefined;
  useEffect(() => {
    if (unseen) void mutate().catch(() => undefined);
  }, [unseen, mutate]);

  const conversation = sessionId ?? '';
  const { pending, failed } = outgoing[conversation] ?? {};
  async function send(text: string) {
    const note = (of: Outgoing) => setOutgoing((all) => ({ ...all, [conversation]: of }));
    note({ pending: text });
    const problem = await api('sendMessage', { body: { message: text, agentId, wait: false, ...(sessionId && { sessionId }) } }).then(
      () => undefined,
      sentenceOf,
    );
    if (problem) note({ failed: { text, problem } });
    await mutate().catch(() => undefined);
    if (!problem) note({});
  }

  const answering = awaited !== undefined && awaited !== ended;
  const again = failed?.text ?? (reply.problem ? newest?.content : undefined);
  return {
    messages,
    loading: !data && !error,
    /** Whether there are earlier ones. */
    more: (data?.[0]?.total ?? 0) > messages.length,
    showMore: () => void setSize(error ? size : size + 1),
    showingMore: isValidating && size > (data?.length ?? 0),
    /** Why the last message or its reply failed. */
    problem: failed?.problem ?? reply.problem,
    /** Why not all messages are here, and the way to read them again. */
    unread: error ? sentenceOf(error) : undefined,
    reread: () => mutate(),
    /** Shown until the history has it. */
    pending: pending !== undefined && newest?.content !== pending ? pending : undefined,
    busy: pending !== undefined || answering,
    /** The reply so far; empty while the agent thinks. */
    words: answering ? reply.words : '',
    answering: pending !== undefined || answering,
    send,
    retry: again === undefined ? undefined : () => send(again),
  };
}
