import { lazy, memo, Suspense } from 'react';

const Markdown = lazy(() => import('./markdown.tsx'));

interface Props {
  sender: 'user' | 'agent';
  /** Where it was said, when that was not here. */
  platform?: string;
  children: string;
}

const names: Record<string, string> = { telegram: 'Telegram', discord: 'Discord', whatsapp: 'WhatsApp', api: 'API', cron: 'Schedule' };

/**
 * One message of a conversation: a person's as it was written, an agent's with its form, which is not worked out anew
 * while another reply comes.
 */
export const MessageBubble = memo(function MessageBubble({ sender, platform = 'web', children }: Props) {
  const own = sender === 'user';
  const plain = <div className="whitespace-pre-wrap">{children}</div>;
  return (
    <div
      className={`wrap-anywhere w-fit max-w-[85%] rounded-xl px-3 py-2 text-sm ${own ? 'ml-auto bg-accent text-on-accent' : 'border border-line bg-canvas'}`}
    >
      <span className="sr-only">{own ? 'You: ' : 'Agent: '}</span>
      {platform !== 'web' && <span className="mb-0.5 block text-xs">{names[platform] ?? platform}</span>}
      {own ? (
        plain
      ) : (
        <Suspense fallback={plain}>
          <Markdown>{children}</Markdown>
        </Suspense>
      )}
    </div>
  );
});
