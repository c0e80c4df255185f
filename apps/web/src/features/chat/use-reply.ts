import type { ReplyFrame } from '@agentbot/contracts';
import { useEffect, useState } from 'react';
import { urlOf } from '../../lib/api/client.ts';
import { openStream } from '../../lib/stream/open-stream.ts';

interface Heard {
  messageId: string;
  words: string;
  problem: string;
}

/**
 * Hears the reply to a message as it comes. A connection that was lost begins from the first word.
 * @param onEnd called once the reply is stored or has failed
 */
export function useReply(messageId: string | undefined, onEnd: () => void) {
  const [heard, setHeard] = useState<Heard>();

  useEffect(() => {
    if (!messageId) return;
    const hear = (change: (before: Heard) => Partial<Heard>) =>
      setHeard((before) => {
        const known = before?.messageId === messageId ? before : { messageId, words: '', problem: '' };
        return { ...known, ...change(known) };
      });
    const close = openStream<ReplyFrame>({
      url: urlOf('streamReply', messageId),
      event: 'reply',
      onFrame(frame) {
        if (frame.type === 'text') return hear(({ words }) => ({ words: [...words].slice(0, frame.at).join('') + frame.text }));
        close();
        if (frame.type === 'error') hear(() => ({ problem: frame.error }));
        onEnd();
      },
      // To what was said before replies could be heard there is none, for one.
      onGone: onEnd,
    });
    return close;
  }, [messageId, onEnd]);

  const current = heard?.messageId === messageId ? heard : undefined;
  return { words: current?.words ?? '', problem: current?.problem ?? '' };
}
