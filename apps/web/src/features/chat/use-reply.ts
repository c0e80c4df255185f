import type { ReplyFrame } from '@agentbot/contracts';
import { useEffect, useState } from 'react';
import { urlOf } from '../../lib/api/client.ts';
import { openStream } from '../../lib/stream/open-stream.ts';

interface Reply {
  messageId: string;
  text: string;
  problem: string;
}

/**
 * Streams the reply to a message. A reconnected stream starts at the first word.
 * @param onEnd called when the reply is stored or has failed
 */
export function useReply(messageId: string | undefined, onEnd: () => void) {
  const [received, setReceived] = useState<Reply>();

  useEffect(() => {
    if (!messageId) return;
    const update = (change: (before: Reply) => Partial<Reply>) =>
      setReceived((before) => {
        const known = before?.messageId === messageId ? before : { messageId, text: '', problem: '' };
        return { ...known, ...change(known) };
      });
    const close = openStream<ReplyFrame>({
      url: urlOf('streamReply', messageId),
      event: 'reply',
      onFrame(frame) {
        if (frame.type === 'text') return update(({ text }) => ({ text: [...text].slice(0, frame.at).join('') + frame.text }));
        close();
        if (frame.type === 'error') update(() => ({ problem: frame.error }));
        onEnd();
      },
      // For example, messages from before reply streams existed have none.
      onGone: onEnd,
    });
    return close;
  }, [messageId, onEnd]);

  const current = received?.messageId === messageId ? received : undefined;
  return { text: current?.text ?? '', problem: current?.problem ?? '' };
}
