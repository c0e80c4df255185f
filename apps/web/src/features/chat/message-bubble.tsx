import type { MessageView } from '@agentbot/contracts';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Pencil, RotateCw } from 'lucide-react';
import Link from 'next/link';
import { lazy, memo, type ReactNode, Suspense } from 'react';
import { channelOf } from '../../components/agent/channel-names.ts';
import { Button } from '../../components/ui/button.tsx';
import { buttonStyle } from '../../components/ui/button-style.ts';
import { CopyButton } from '../../components/ui/copy-button.tsx';
import { urlOf } from '../../lib/api/client.ts';
import { formatShortTime, formatTime } from '../../lib/format.ts';

const Markdown = lazy(() => import('./markdown.tsx'));

interface BubbleProps {
  sender: 'user' | 'agent';
  /** The channel of the message; `web` is this dashboard. */
  platform?: string;
  /** Whether the agent is still writing the text. */
  growing?: boolean;
  /** The addresses of the images above the text. */
  images?: string[] | undefined;
  /** The state and the actions of the message, below the bubble. */
  footer?: ReactNode;
  children: string;
}

/** One message: the user's as plain text, the agent's as Markdown. */
export function MessageBubble({ sender, platform = 'web', growing, images = [], footer, children }: BubbleProps) {
  const isUser = sender === 'user';
  const channel = channelOf({ platform });
  const plain = <div className="whitespace-pre-wrap">{children}</div>;
  return (
    <div className={`flex max-w-full flex-col gap-0.5 ${isUser ? 'items-end' : 'items-start'}`}>
      <div
        className={`wrap-anywhere w-fit rounded-xl px-3 py-2 text-sm ${isUser ? 'max-w-[85%] bg-accent text-on-accent' : 'max-w-full border border-line bg-canvas sm:max-w-[92%]'}`}
      >
        <span className="sr-only">{isUser ? t`You:` : t`Agent:`} </span>
        {channel && <span className="mb-0.5 block text-xs">{channel}</span>}
        {images.length > 0 && (
          <div className="mb-2 flex flex-wrap gap-2">
            {images.map((source, index) => (
              <img
                key={source}
                src={source}
                alt={t`Attached ${{ number: index + 1 }} of ${{ count: images.length }}`}
                loading="lazy"
                className="max-h-60 min-h-6 min-w-6 max-w-full rounded-lg bg-surface object-contain"
              />
            ))}
          </div>
        )}
        {isUser ? (
          plain
        ) : (
          <Suspense fallback={plain}>
            <Markdown growing={growing}>{children}</Markdown>
          </Suspense>
        )}
      </div>
      {footer}
    </div>
  );
}

/** Shown below a message that has no reply: the reason, and what the user can do. */
export function ReplyProblem({ children, action }: { children: string; action?: ReactNode }) {
  return (
    <div className="flex max-w-[85%] flex-wrap items-center justify-end gap-2">
      <p className="wrap-anywhere text-danger text-xs">{children}</p>
      <div className="flex gap-2 empty:hidden">{action}</div>
    </div>
  );
}

interface MessageProps {
  message: MessageView;
  /** Sends the message again; undefined when this conversation cannot be continued. */
  onAsk: ((message: MessageView) => void) | undefined;
  /** Puts the message into the message field; undefined when this conversation cannot be continued. */
  onEdit: ((message: MessageView) => void) | undefined;
  /** Whether the user sent the same text again later. */
  repeated: boolean;
  /** Whether a message of the agent follows. If its reply was stopped, that message says so. */
  answered: boolean;
  /** Takes the message out of the queue; undefined for the message that the agent answers now. */
  onCancel: ((messageId: string) => void) | undefined;
}

/** The state of the reply to a user's message, if the agent has not replied. */
function ReplyState({ message, onAsk, onCancel, repeated, answered }: Omit<MessageProps, 'onEdit'>) {
  const { id, agentId, reply } = message;
  switch (reply?.state) {
    case 'queued':
      return onCancel ? (
        <p className="flex items-center gap-1 text-muted text-xs">
          <Trans>Queued. The agent answers the earlier message first.</Trans>
          <Button kind="quiet" size="small" className="text-ink text-xs" onClick={() => onCancel(id)}>
            <Trans>Cancel</Trans>
          </Button>
        </p>
      ) : null;
    case 'failed':
      return (
        <ReplyProblem
          action={
            <>
              {reply.kind === 'budget' && (
                <Link href={`/agents/${agentId}/usage`} className={buttonStyle({ kind: 'plain', size: 'small' })}>
                  <Trans>Usage and budget</Trans>
                </Link>
              )}
              {onAsk && !repeated && (
                <Button kind="plain" size="small" onClick={() => onAsk(message)}>
                  <Trans>Try again</Trans>
                </Button>
              )}
            </>
          }
        >
          {reply.error ?? t`The agent failed to reply.`}
        </ReplyProblem>
      );
    case 'stopped':
      return answered ? null : (
        <p className="text-muted text-xs">
          <Trans>Stopped.</Trans> {reply.error ? `${reply.error}.` : t`The agent did not reply.`}
        </p>
      );
    default:
      return null;
  }
}

/** A stored message with its time, state and actions. Memoized: each new word of a reply must not render the other messages again. */
export const Message = memo(function Message({ message, onAsk, onEdit, onCancel, repeated, answered }: MessageProps) {
  const { agentId, sender, platform, content, images, timestamp, reply, stopped } = message;
  const isUser = sender === 'user';
  return (
    <MessageBubble
      sender={sender}
      platform={platform}
      images={images?.map(({ id }) => urlOf('readMessageImage', agentId, id))}
      footer={
        <>
          {isUser && <ReplyState message={message} onAsk={onAsk} onCancel={onCancel} repeated={repeated} answered={answered} />}
          {stopped && (
            <p className="text-muted text-xs">
              <Trans>Stopped. The reply is incomplete.</Trans>
            </p>
          )}
          <div className="flex flex-wrap items-center text-muted text-xs">
            <time dateTime={timestamp} title={formatTime(timestamp)} className="px-1">
              {formatShortTime(timestamp, new Date())}
            </time>
            <CopyButton compact label={t`Copy message`} text={content} />
            {isUser && onEdit && (
              <Button kind="quiet" size="small" className="px-2" title={t`Edit`} aria-label={t`Edit`} onClick={() => onEdit(message)}>
                <Pencil aria-hidden className="size-4" />
              </Button>
            )}
            {isUser && onAsk && reply?.state !== 'failed' && (
              <Button
                kind="quiet"
                size="small"
                className="px-2"
                title={t`Ask again`}
                aria-label={t`Ask again`}
                onClick={() => onAsk(message)}
              >
                <RotateCw aria-hidden className="size-4" />
              </Button>
            )}
          </div>
        </>
      }
    >
      {content}
    </MessageBubble>
  );
});
