'use client';

import { type FormEvent, type KeyboardEvent, useState } from 'react';
import { Button } from '../../components/ui/button.tsx';
import { wideControlStyle } from '../../components/ui/field.tsx';

interface Props {
  running: boolean;
  busy: boolean;
  /** Why nothing can be written now. */
  reason: string;
  onSend(text: string): void;
  /** Ends the reply that comes; undefined when none does. */
  onStop: (() => void) | undefined;
}

/**
 * Where a message is written: Enter sends it, Shift+Enter begins a new line. The next message can be written, but not sent,
 * while the agent answers.
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
