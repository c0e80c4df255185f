import type { Output } from '@agentbot/contracts/client';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import useSWR from 'swr';
import { api } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';
import { coalesce } from '../../lib/coalesce.ts';
import { useReply } from './use-reply.ts';

const PAGE = 50;
/** What an agent takes for a command to end its reply. */
const STOP = '/stop';

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
  // The conversation of which earlier messages are awaited.
  const [earlier, setEarlier] = useState<string>();
  // How many pages of which conversation are wanted.
  const wanted = useRef({ session: sessionId, pages: 1 });
  const { data, error, mutate } = useSWR(['messages', agentId, sessionId] as const, async ([, id, session]) => {
    const read: Output<'listMessages', 'web'>[] = [];
    const pages = () => (wanted.current.session === session ? wanted.current.pages : 1);
    do {
      const query = { limit: PAGE, offset: read.length * PAGE, ...(session && { sessionId: session }) };
      // Not at once: what is said in between would fall between two pages.
      read.push(await api('listMessages', { params: { id }, query }));
    } while (read.length < pages());
    return read;
  });
  // SWR drops a reading that another one overtakes, and says of it that it is done: they come one after the other.
  const read = useMemo(() => coalesce(mutate), [mutate]);
  const known = new Map(data?.flatMap((page) => page.messages).map((message) => [message.id, message]));
  const messages = [...known.values()].reverse();
  const newest = messages.at(-1);
  // What was said last and has no answer yet; after a reload too.
  const awaited = newest?.sender === 'user' && newest.platform === 'web' ? newest.id : undefined;
  const onEnd = useCallback(() => {
    void read().then(() => setEnded(awaited));
  }, [read, awaited]);
  const reply = useReply(awaited, onEnd);

  // On a channel, in another tab, or late: it is in this conversation or in another one.
  const unseen = data && !messages.some(({ timestamp }) => timestamp === lastAt) ? lastAt : undefined;
  useEffect(() => {
    if (unseen) void read();
  }, [unseen, read]);

  const conversation = sessionId ?? '';
  const { pending, failed } = outgoing[conversation] ?? {};
  async function send(text: string) {
    const note = (of: Outgoing) => setOutgoing((all) => ({ ...all, [conversation]: of }));
    note({ pending: text });
    const problem = await api('sendMessage', { body: { message: text, agentId, wait: false, ...(sessionId && { sessionId }) } }).then(
      () => undefined,
      errorMessage,
    );
    if (problem) note({ failed: { text, problem } });
    await read();
    if (!problem) note({});
  }

  async function loadMore() {
    wanted.current = { session: sessionId, pages: (data?.length ?? 0) + 1 };
    setEarlier(conversation);
    await read();
    setEarlier(undefined);
  }

  const answering = awaited !== undefined && awaited !== ended;
  const again = failed?.text ?? (reply.problem ? newest?.content : undefined);
  return {
    messages,
    loading: !data && !error,
    /** Whether there are earlier ones. */
    more: (data?.[0]?.total ?? 0) > messages.length,
    loadMore,
    loadingMore: earlier === conversation,
    /** Why the last message or its reply failed. */
    problem: failed?.problem ?? reply.problem,
    /** Why not all messages are here, and the way to read them again. */
    unread: error ? errorMessage(error) : undefined,
    reload: read,
    /** Shown until the history has it. */
    pending: pending !== undefined && newest?.content !== pending ? pending : undefined,
    busy: pending !== undefined || answering,
    /** The reply so far; empty while the agent thinks. */
    words: answering ? reply.words : '',
    answering: pending !== undefined || answering,
    send,
    /** Ends the reply that comes, and what waits behind it. */
    stop: answering && pending === undefined ? () => send(STOP) : undefined,
    retry: again === undefined ? undefined : () => send(again),
  };
}
