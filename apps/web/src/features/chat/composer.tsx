'use client';

import { type FormEvent, type KeyboardEvent, useState } from 'react';
import { Button } from '../../components/ui/button.tsx';
import { wideControlStyle } from '../../components/ui/field.tsx';

interface Props {
  running: boolean;
  busy: boolean;
  /** Why the field is disabled. */
  reason: string;
  onSend(text: string): void;
  /** Stops the current reply; undefined when there is none. */
  onStop: (() => void) | undefined;
}

/**
 * The message field. Enter sends, Shift+Enter inserts a line break. While the agent replies, the user can write the next
 * message but not send it.
 */
export function Composer({ running, busy, reason, onSend, onStop }: Props) {
  const [text, setText] = useState('');
  const message = text.trim();

  function send(event: FormEvent | KeyboardEvent) {
    event.preventDefault();
    if (!message || busy || !running) return;
    onSend(message);
    setText('');
  }
  function onKeyDown(event: KeyboardEvent) {
    if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) send(event);
  }

  return (
    <form onSubmit={send} className="flex items-end gap-2">
      <textarea
        aria-label="Message"
        className={`${wideControlStyle} field-sizing-content max-h-40 resize-none`}
        rows={1}
        maxLength={32_000}
        value={text}
        disabled={!running}
        placeholder={running ? 'Write a message' : reason}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
      />
      {onStop && (
        <Button kind="plain" onClick={onStop}>
          Stop reply
        </Button>
      )}
      <Button type="submit" disabled={!running || busy || !message}>
        Send
      </Button>
    </form>
  );
}
