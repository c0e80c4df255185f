import { useState } from 'react';
import useSWR from 'swr';
import { api, sentenceOf } from '../api.ts';

/** The messages with one agent, oldest first, and the one that is on its way. */
export function useConversation(agentId: string) {
  const [pending, setPending] = useState<string>();
  const [failed, setFailed] = useState<{ text: string; problem: string }>();
  // A reply that took longer than the request waited joins the history by itself.
  const [awaited, setAwaited] = useState<string>();
  const { data, error, mutate } = useSWR(
    ['messages', agentId],
    () => api('listMessages', { params: { id: agentId }, query: { limit: 100 } }),
    { refreshInterval: (latest) => (awaited && latest?.messages[0]?.id === awaited ? 2_000 : 10_000) },
  );
  const messages = data?.messages.toReversed() ?? [];
  const newest = messages.at(-1);

  async function send(text: string) {
    setPending(text);
    setFailed(undefined);
    setAwaited(undefined);
    try {
      const { id } = await api('sendMessage', { body: { message: text, agentId } });
      setAwaited(id);
    } catch (thrown) {
      setFailed({ text, problem: sentenceOf(thrown) });
    }
    await mutate().catch(() => undefined);
    setPending(undefined);
  }

  return {
    messages,
    loading: !data && !error,
    problem: failed?.problem ?? (error ? sentenceOf(error) : ''),
    /** Shown until the history has it. */
    pending: pending !== undefined && newest?.content !== pending ? pending : undefined,
    busy: pending !== undefined,
    answering: pending !== undefined || (awaited !== undefined && newest?.id === awaited),
    send,
    retry: failed && (() => send(failed.text)),
  };
}
