'use client';

import { type FormEvent, type KeyboardEvent, useEffect, useRef, useState } from 'react';
import useSWR from 'swr';
import { Button } from '../../components/ui/button.tsx';
import { controlStyle } from '../../components/ui/field.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { api, sentenceOf } from '../api.ts';

function Bubble({ sender, children }: { sender: 'user' | 'agent'; children: string }) {
  const own = sender === 'user';
  return (
    <div
      className={`max-w-[85%] whitespace-pre-wrap break-words rounded-xl px-3 py-2 text-sm ${own ? 'ml-auto bg-accent text-on-accent' : 'border border-line bg-canvas'}`}
    >
      <span className="sr-only">{own ? 'You: ' : 'Agent: '}</span>
      {children}
    </div>
  );
}

/** The conversation with one agent. */
export function Chat({ agentId, running, status }: { agentId: string; running: boolean; status: string }) {
  const { data, mutate } = useSWR(['messages', agentId], () => api('listMessages', { params: { id: agentId }, query: { limit: 100 } }), {
    refreshInterval: 10_000,
  });
  const [text, setText] = useState('');
  const [pending, setPending] = useState<string>();
  const [problem, setProblem] = useState('');
  const end = useRef<HTMLDivElement>(null);
  const messages = data?.messages.toReversed() ?? [];
  const shown = messages.length + (pending ? 1 : 0);
  useEffect(() => {
    if (shown) end.current?.scrollIntoView({ block: 'nearest' });
  }, [shown]);

  async function send(event?: FormEvent) {
    event?.preventDefault();
    const message = text.trim();
    if (!message || pending || !running) return;
    setPending(message);
    setText('');
    setProblem('');
    await api('sendMessage', { body: { message, agentId } }).catch((error) => setProblem(sentenceOf(error)));
    await mutate();
    setPending(undefined);
  }
  function onKeyDown(event: KeyboardEvent) {
    if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) void send(event as unknown as FormEvent);
  }

  return (
    <section className="flex h-[32rem] flex-col rounded-xl border border-line bg-surface" aria-label="Chat">
      <div role="log" className="flex-1 space-y-3 overflow-y-auto p-4">
        {shown === 0 && (
          <p className="text-muted text-sm">{running ? 'Say hello to your agent.' : 'You can talk to the agent as soon as it runs.'}</p>
        )}
        {messages.map((message) => (
          <Bubble key={message.id} sender={message.sender}>
            {message.content}
          </Bubble>
        ))}
        {pending && messages.at(-1)?.content !== pending && <Bubble sender="user">{pending}</Bubble>}
        {pending && <p className="text-muted text-sm">The agent is answering…</p>}
        <div ref={end} />
      </div>
      <form onSubmit={send} className="space-y-2 border-line border-t p-3">
        <Problem>{problem}</Problem>
        <div className="flex items-end gap-2">
          <textarea
            aria-label="Message"
            className={`${controlStyle} max-h-40 resize-none`}
            rows={1}
            maxLength={32_000}
            value={text}
            disabled={!running}
            placeholder={running ? 'Write a message' : `The agent is ${status}`}
            onChange={(event) => setText(event.target.value)}
            onKeyDown={onKeyDown}
          />
          <Button type="submit" disabled={!running || Boolean(pending) || !text.trim()}>
            Send
          </Button>
        </div>
      </form>
    </section>
  );
}
