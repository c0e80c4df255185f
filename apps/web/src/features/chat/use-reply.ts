import type { ReplyFrame } from '@agentbot/contracts';
import { useEffect, useState } from 'react';
import { addressOf } from '../api.ts';

interface Heard {
  messageId: string;
  words: string;
  problem: string;
}

/**
 * Hears the reply to a message as it comes. A lost connection is opened again by the browser, and begins from the
 * first word.
 * @param onEnd called once the reply is stored or has failed
 */
export function useReply(messageId: string | undefined, onEnd: () => void) {
  const [heard, setHeard] = useState<Heard>();

  useEffect(() => {
    if (!messageId) return;
    const source = new EventSource(addressOf('streamReply', messageId));
    const hear = (change: (before: Heard) => Partial<Heard>) =>
      setHeard((before) => {
        const known = before?.messageId === messageId ? before : { messageId, words: '', problem: '' };
        return { ...known, ...change(known) };
      });
    source.addEventListener('reply', ({ data }: MessageEvent<string>) => {
      const frame = JSON.parse(data) as ReplyFrame;
      if (frame.type === 'text') return hear(({ words }) => ({ words: [...words].slice(0, frame.at).join('') + frame.text }));
      source.close();
      if (frame.type === 'error') hear(() => ({ problem: frame.error }));
      onEnd();
    });
    // The browser gives up where the answer was no stream: what was said before replies could be heard, for one.
    source.addEventListener('error', () => source.readyState === EventSource.CLOSED && onEnd());
    return () => source.close();
  }, [messageId, onEnd]);

  const current = heard?.messageId === messageId ? heard : undefined;
  return { words: current?.words ?? '', problem: current?.problem ?? '' };
}
