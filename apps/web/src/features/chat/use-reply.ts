import type { ReplyFrame } from '@agentbot/contracts';
import { useEffect, useState } from 'react';
import { urlOf } from '../../lib/api/client.ts';
import { openStream } from '../../lib/stream/open-stream.ts';

/**
 * Streams the text of the reply to a message. A reconnected stream starts at the first word.
 * @param onEnd called when the reply is stored, has failed or was stopped
 * @returns the text so far; empty until its first word
 */
export function useReply(messageId: string | undefined, onEnd: () => void): string {
  const [received, setReceived] = useState<{ messageId: string; text: string }>();

  useEffect(() => {
    if (!messageId) return;
    const close = openStream<ReplyFrame>({
      url: urlOf('streamReply', messageId),
      event: 'reply',
      onFrame(frame) {
        if (frame.type === 'queued') return;
        if (frame.type === 'text') {
          return setReceived((before) => {
            const known = before?.messageId === messageId ? before.text : '';
            return { messageId, text: [...known].slice(0, frame.at).join('') + frame.text };
          });
        }
        close();
        onEnd();
      },
      // For example, a message that was deleted in another tab.
      onGone: onEnd,
    });
    return close;
  }, [messageId, onEnd]);

  return received?.messageId === messageId ? (received?.text ?? '') : '';
}
