import { lazy, memo, Suspense } from 'react';

const Markdown = lazy(() => import('./markdown.tsx'));

interface Props {
  sender: 'user' | 'agent';
  /** The channel of the message; `web` is this dashboard. */
  platform?: string;
  children: string;
}

const names: Record<string, string> = { telegram: 'Telegram', discord: 'Discord', whatsapp: 'WhatsApp', api: 'API', cron: 'Schedule' };

/**
 * One message: the user's as plain text, the agent's as Markdown. Memoized, so that a streaming reply does not parse the
 * other messages again.
 */
export const MessageBubble = memo(function MessageBubble({ sender, platform = 'web', children }: Props) {
  const isUser = sender === 'user';
  const plain = <div className="whitespace-pre-wrap">{children}</div>;
  return (
    <div
      className={`wrap-anywhere w-fit max-w-[85%] rounded-xl px-3 py-2 text-sm ${isUser ? 'ml-auto bg-accent text-on-accent' : 'border border-line bg-canvas'}`}
    >
      <span className="sr-only">{isUser ? 'You: ' : 'Agent: '}</span>
      {platform !== 'web' && <span className="mb-0.5 block text-xs">{names[platform] ?? platform}</span>}
      {isUser ? (
        plain
      ) : (
        <Suspense fallback={plain}>
          <Markdown>{children}</Markdown>
        </Suspense>
      )}
    </div>
  );
});
