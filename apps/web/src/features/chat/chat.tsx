'use client';

import { useEffect, useRef } from 'react';
import { Button } from '../../components/ui/button.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { Bubble } from './bubble.tsx';
import { Composer } from './composer.tsx';
import { useConversation } from './use-conversation.ts';

/** The conversation with one agent. */
export function Chat({ agentId, running, status }: { agentId: string; running: boolean; status: string }) {
  const { messages, loading, pending, busy, words, answering, problem, retry, send } = useConversation(agentId);
  const log = useRef<HTMLDivElement>(null);
  const shown = `${messages.at(-1)?.id} ${pending} ${answering} ${words.length}`;
  useEffect(() => {
    if (shown) log.current?.scrollTo({ top: log.current.scrollHeight });
  }, [shown]);
  const reason = `The agent is not running (${status})`;

  return (
    <section
      className="flex h-[32rem] flex-col rounded-xl border border-line bg-surface lg:h-[calc(100dvh-14rem)] lg:min-h-[32rem]"
      aria-label="Chat"
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <div role="log" aria-label="Conversation" tabIndex={0} ref={log} className="flex-1 space-y-3 overflow-y-auto p-4">
        {loading && <p className="text-muted text-sm">Loading…</p>}
        {!loading && messages.length === 0 && !pending && (
          <p className="text-muted text-sm">{running ? 'Say hello to your agent.' : 'You can talk to the agent as soon as it runs.'}</p>
        )}
        {messages.map((message) => (
          <Bubble key={message.id} sender={message.sender}>
            {message.content}
          </Bubble>
        ))}
        {pending !== undefined && <Bubble sender="user">{pending}</Bubble>}
        {words && <Bubble sender="agent">{words}</Bubble>}
        {answering && !words && <p className="text-muted text-sm">The agent is answering…</p>}
      </div>
      <div className="space-y-2 border-line border-t p-3">
        <Problem>{problem}</Problem>
        {retry && (
          <Button kind="plain" disabled={!running} onClick={retry}>
            Try again
          </Button>
        )}
        <Composer running={running} busy={busy} reason={reason} onSend={send} />
      </div>
    </section>
  );
}
