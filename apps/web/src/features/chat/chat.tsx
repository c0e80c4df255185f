'use client';

import type { MessageView } from '@agentbot/contracts';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { ArrowDown } from 'lucide-react';
import dynamic from 'next/dynamic';
import { Fragment, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { channelOf } from '../../components/agent/channel-names.ts';
import { stateName } from '../../components/agent/state-name.ts';
import { Button } from '../../components/ui/button.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { api } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';
import { useAgent } from '../../lib/hooks/use-agent.ts';
import { useReloadConversations } from '../../lib/hooks/use-reload-conversations.ts';
import { toast } from '../../lib/toast/toast.ts';
import { type AttachedImage, loadImages, sourceOf } from './attached-image.ts';
import { Beginning } from './beginning.tsx';
import { Composer } from './composer.tsx';
import { ConversationHeader } from './conversation-header.tsx';
import { ConversationList } from './conversation-list.tsx';
import { Message, MessageBubble, ReplyProblem } from './message-bubble.tsx';
import { discard, forgetOpening, forgetOutbox, type Outgoing, send, useOutbox } from './outbox.ts';
import { canContinue } from './use-conversations.ts';
import { forgetDraft, moveDraft, useDraft } from './use-draft.ts';
import { useMessages } from './use-messages.ts';
import { useScroll } from './use-scroll.ts';
import { useSelection } from './use-selection.ts';

// Loaded when the user opens it: a wide screen does not need it.
const Drawer = dynamic(() => import('../../components/ui/drawer.tsx'), { ssr: false });

/** The ids of the user's messages whose text the user sent again later. */
function repeatedIn(messages: MessageView[]): Set<string> {
  const later = new Set<string>();
  const repeated = new Set<string>();
  for (const { id, sender, content } of messages.toReversed()) {
    if (sender !== 'user') continue;
    if (later.has(content)) repeated.add(id);
    later.add(content);
  }
  return repeated;
}

/** Uses a stored message's text and images. If an image cannot be read, it tells the user, and uses nothing. */
async function withImages(message: MessageView, use: (text: string, images: AttachedImage[]) => unknown): Promise<void> {
  try {
    await use(message.content, await loadImages(message));
  } catch {
    toast.error(t`The images of this message could not be read. Try again in a moment`);
  }
}

/** The chat with an agent: its conversations, and the messages of one of them. */
export function Chat({ id: agentId }: { id: string }) {
  const { data: agent } = useAgent(agentId);
  const { id: shown, conversation, ready, select, settle } = useSelection(agentId);
  const reloadConversations = useReloadConversations(agentId);
  const { messages, loading, hasMore, loadMore, loadingMore, problem, reload, awaited, replyText } = useMessages(
    agentId,
    shown,
    agent?.lastMessage?.at,
  );
  const outbox = useOutbox(agentId, shown);
  const draft = useDraft(agentId, shown);
  const [listOpen, setListOpen] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const outgoing = outbox.filter(({ id }) => !messages.some((message) => message.id === id));
  const { log, content, bubbles, onScroll, jump, isAway } = useScroll(messages[0]?.id, messages.at(-1)?.id);

  useEffect(jump, [shown, jump]);
  useEffect(() => {
    if (shown) forgetOpening(agentId);
  }, [agentId, shown]);
  // The outbox forgets a message when the history has it.
  const arrived = outbox.find(({ id }) => id !== undefined && messages.some((message) => message.id === id))?.key;
  useEffect(() => {
    if (arrived) discard(agentId, shown, arrived);
  }, [agentId, shown, arrived]);

  // A conversation that was opened for the first message and that the page is about to show.
  const created = useRef<string>(undefined);
  const onOpened = useCallback(
    (opened: string) => {
      const outcome = settle(opened);
      if (outcome === 'replaced') created.current = opened;
      // The next new conversation is another one.
      if (outcome === 'elsewhere') forgetOpening(agentId);
    },
    [agentId, settle],
  );
  // Before the browser paints, so that the field loses no text that the user types meanwhile.
  useLayoutEffect(() => {
    if (!shown) return;
    if (created.current === shown) moveDraft(agentId, shown);
    created.current = undefined;
  }, [agentId, shown]);
  const sendMessage = useCallback(
    async (text: string, images: readonly AttachedImage[] = [], item?: Outgoing) => {
      jump();
      const isSent = await send(agentId, shown, { text, ...(images.length && { images }) }, { onOpened, item });
      if (isSent) await Promise.all([reload(), reloadConversations()]);
    },
    [agentId, shown, jump, onOpened, reload, reloadConversations],
  );
  const { addText, addImages } = draft;
  const edit = useCallback(
    (text: string, images: readonly AttachedImage[] = []) => {
      addText(text);
      addImages(images);
      field.current?.focus();
    },
    [addText, addImages],
  );
  const askAgain = useCallback((message: MessageView) => withImages(message, sendMessage), [sendMessage]);
  const editAgain = useCallback((message: MessageView) => withImages(message, edit), [edit]);
  const cancel = useCallback(
    async (messageId: string) => {
      await api('cancelReply', { params: { messageId } }).catch((error) => toast.error(errorMessage(error)));
      await reload();
    },
    [reload],
  );

  const repeated = useMemo(() => repeatedIn(messages), [messages]);
  const running = agent?.status === 'running';
  const isOpen = !conversation || canContinue(conversation);
  const canAsk = isOpen && running;
  const channel = conversation && channelOf(conversation);
  const obstacle = (() => {
    if (conversation?.status === 'ended') return t`This conversation has ended. Start a new conversation`;
    if (channel) return t`This conversation takes place on ${channel}. Continue it there`;
    if (!agent || !ready) return '';
    if (agent.status === 'provisioning') return t`The agent is starting. You can send messages when it is running`;
    return running ? undefined : t`The agent is not running (${{ state: stateName(agent.status) }}). Start it to send messages`;
  })();
  function choose(id: string | undefined) {
    setListOpen(false);
    select(id);
    field.current?.focus();
  }
  function onDeleted(id: string) {
    select(undefined);
    forgetDraft(agentId, id);
    forgetOutbox(agentId, id);
  }
  const list = <ConversationList agentId={agentId} shown={shown} onSelect={choose} />;
  const isEmpty = ready && !loading && !problem && messages.length === 0 && outgoing.length === 0;

  return (
    <section
      className="-mx-4 -mb-6 sm:m-0 grid h-[calc(100dvh-5.875rem)] min-h-[22rem] grid-cols-[minmax(0,1fr)] border-line bg-surface sm:h-[calc(100dvh-19rem)] sm:min-h-[28rem] sm:rounded-xl sm:border md:grid-cols-[15rem_minmax(0,1fr)]"
      aria-label={t`Chat`}
    >
      <div className="hidden min-h-0 flex-col border-line border-r p-2 md:flex">{list}</div>
      {listOpen && (
        <Drawer title={t`Conversations`} close={t`Close the conversations`} side="left" onClose={() => setListOpen(false)}>
          {list}
        </Drawer>
      )}
      <div className="flex min-h-0 flex-col">
        <ConversationHeader
          agentId={agentId}
          shown={shown}
          ready={ready}
          conversation={conversation}
          onDeleted={onDeleted}
          onOpenList={() => setListOpen(true)}
        />
        <div className="relative min-h-0 flex-1">
          <div
            role="log"
            aria-label={t`Conversation`}
            // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
            tabIndex={0}
            ref={log}
            onScroll={onScroll}
            className="relative h-full overflow-y-auto p-3 [overflow-anchor:none] sm:p-4"
          >
            <div ref={content} className="space-y-3">
              {(loading || !ready) && (
                <p className="text-muted text-sm">
                  <Trans>Loading…</Trans>
                </p>
              )}
              {hasMore && (
                <div className="text-center">
                  <Button kind="plain" size="small" busy={loadingMore} onClick={loadMore}>
                    <Trans>Earlier messages</Trans>
                  </Button>
                </div>
              )}
              {isEmpty && <Beginning agent={agent} />}
              <div ref={bubbles} className="space-y-3">
                {messages.map((message, index) => (
                  <Fragment key={message.id}>
                    <Message
                      message={message}
                      repeated={repeated.has(message.id)}
                      answered={messages[index + 1]?.sender === 'agent'}
                      onAsk={canAsk ? askAgain : undefined}
                      onEdit={isOpen ? editAgain : undefined}
                      onCancel={message.id === awaited ? undefined : cancel}
                    />
                    {message.id === awaited && replyText && (
                      <MessageBubble sender="agent" growing>
                        {replyText}
                      </MessageBubble>
                    )}
                    {message.id === awaited && !replyText && (
                      <p className="text-muted text-sm">
                        <Trans>The agent is answering…</Trans>
                      </p>
                    )}
                  </Fragment>
                ))}
              </div>
              {outgoing.map((item) => (
                <MessageBubble
                  key={item.key}
                  sender="user"
                  images={item.images?.map(sourceOf)}
                  footer={
                    item.problem ? (
                      <ReplyProblem
                        action={
                          <>
                            <Button kind="plain" size="small" disabled={!canAsk} onClick={() => sendMessage(item.text, item.images, item)}>
                              <Trans>Try again</Trans>
                            </Button>
                            <Button
                              kind="quiet"
                              size="small"
                              onClick={() => {
                                edit(item.text, item.images);
                                discard(agentId, shown, item.key);
                                // If only the response was lost, the server has the message: show it.
                                void reload();
                              }}
                            >
                              <Trans>Edit</Trans>
                            </Button>
                          </>
                        }
                      >
                        {t`Not sent. ${item.problem}`}
                      </ReplyProblem>
                    ) : (
                      <p className="text-muted text-xs">
                        <Trans>Sending…</Trans>
                      </p>
                    )
                  }
                >
                  {item.text}
                </MessageBubble>
              ))}
            </div>
          </div>
          {isAway && (
            <Button kind="plain" size="small" className="-translate-x-1/2 absolute bottom-3 left-1/2 shadow-lg" onClick={jump}>
              <ArrowDown aria-hidden className="size-4" /> <Trans>Jump to latest</Trans>
            </Button>
          )}
        </div>
        <div className="space-y-2 border-line border-t p-2 sm:p-3">
          <Problem onRetry={reload}>{problem}</Problem>
          <Composer
            text={draft.text}
            onText={draft.setText}
            onAdd={addText}
            images={draft.images}
            onImages={draft.setImages}
            onAddImages={addImages}
            obstacle={obstacle}
            onSend={sendMessage}
            shown={shown}
            ready={ready}
            onStop={awaited ? () => cancel(awaited) : undefined}
            field={field}
          />
        </div>
      </div>
    </section>
  );
}
