'use client';

import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { Button } from '../../components/ui/button.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { useAgent } from '../../lib/hooks/use-agent.ts';
import { Composer } from './composer.tsx';
import { MessageBubble } from './message-bubble.tsx';
import { Sessions } from './sessions.tsx';
import { useConversation } from './use-conversation.ts';
import { useSessions } from './use-sessions.ts';

/** The chat with an agent. */
export function Chat({ id: agentId }: { id: string }) {
  const { data: agent } = useAgent(agentId);
  const [session, setSession] = useState<string>();
  const { data: sessions } = useSessions(agentId);
  const {
    messages,
    loading,
    hasMore,
    loadMore,
    loadingMore,
    pending,
    busy,
    replyText,
    answering,
    problem,
    readProblem,
    reload,
    retry,
    send,
    stop,
  } = useConversation(agentId, session, agent?.lastMessage?.at);
  const log = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const bubbles = useRef<HTMLDivElement>(null);
  // Whether the view follows new messages, and the last scroll position.
  const follow = useRef(true);
  const last = useRef(0);
  // The previous positions of the bubbles, to keep the visible one in place when others are added, removed or resized.
  const positions = useRef<(readonly [HTMLElement, number])[]>([]);
  const settle = useCallback(() => {
    const box = log.current;
    if (!box || !bubbles.current) return;
    const remaining = positions.current.filter(([element]) => element.isConnected);
    const [read, top = 0] = remaining.findLast(([, top]) => top <= box.scrollTop) ?? remaining[0] ?? [];
    if (follow.current) box.scrollTo({ top: box.scrollHeight });
    else if (read && read.offsetTop !== top) box.scrollTop += read.offsetTop - top;
    const elements = [...bubbles.current.children].filter((each) => each instanceof HTMLElement);
    positions.current = elements.map((each) => [each, each.offsetTop]);
  }, []);
  useEffect(() => {
    // Fires for new messages and when Markdown resizes a rendered one.
    const observer = new ResizeObserver(settle);
    for (const { current } of [log, content]) if (current) observer.observe(current);
    return () => observer.disconnect();
  }, [settle]);
  const first = messages[0]?.id;
  const newest = messages.at(-1)?.id;
  // One message added and one removed can leave the size unchanged, so the observer does not fire.
  useLayoutEffect(settle, [first, newest, settle]);
  function onScroll() {
    const { scrollHeight = 0, scrollTop = 0, clientHeight = 0 } = log.current ?? {};
    // New content below the view is not a scroll by the user: keep following unless the position moves up.
    follow.current = scrollHeight - scrollTop - clientHeight < 40 || (follow.current && scrollTop >= last.current);
    last.current = scrollTop;
  }
  function choose(chosen: string | undefined) {
    follow.current = true;
    setSession(chosen);
  }
  function sendAndFollow(text: string) {
    follow.current = true;
    return send(text);
  }
  const running = agent?.status === 'running';
  const hasEnded = sessions?.find(({ id }) => id === session)?.status === 'ended';
  const reason = hasEnded ? 'This conversation has ended' : agent ? `The agent is not running (${agent.status})` : 'Please wait…';

  return (
    <section className="flex h-[calc(100dvh-19rem)] min-h-[28rem] flex-col rounded-xl border border-line bg-surface" aria-label="Chat">
      <Sessions agentId={agentId} chosen={session} running={running} onChoose={choose} />
      <div
        role="log"
        aria-label="Conversation"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        tabIndex={0}
        ref={log}
        onScroll={onScroll}
        className="relative flex-1 overflow-y-auto p-4 [overflow-anchor:none]"
      >
        <div ref={content} className="space-y-3">
          {loading && <p className="text-muted text-sm">Loading…</p>}
          {hasMore && (
            <div className="text-center">
              <Button kind="plain" size="small" busy={loadingMore} onClick={loadMore}>
                Earlier messages
              </Button>
            </div>
          )}
          {!loading && messages.length === 0 && !pending && (
            <p className="text-muted text-sm">{running ? 'Say hello to your agent.' : 'You can talk to the agent when it is running.'}</p>
          )}
          <div ref={bubbles} className="space-y-3">
            {messages.map((message) => (
              <MessageBubble key={message.id} sender={message.sender} platform={message.platform}>
                {message.content}
              </MessageBubble>
            ))}
          </div>
          {pending !== undefined && <MessageBubble sender="user">{pending}</MessageBubble>}
          {replyText && <MessageBubble sender="agent">{replyText}</MessageBubble>}
          {answering && !replyText && <p className="text-muted text-sm">The agent is answering…</p>}
        </div>
      </div>
      <div className="space-y-2 border-line border-t p-3">
        <Problem onRetry={reload}>{readProblem}</Problem>
        <Problem>{problem}</Problem>
        {retry && (
          <Button kind="plain" disabled={!running || hasEnded} onClick={retry}>
            Try again
          </Button>
        )}
        <Composer
          running={running && !hasEnded}
          busy={busy}
          reason={reason}
          onSend={sendAndFollow}
          onStop={running && !hasEnded ? stop : undefined}
        />
      </div>
    </section>
  );
}
