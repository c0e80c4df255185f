'use client';

import { Check, Copy } from 'lucide-react';
import { useState } from 'react';
import { Button } from './button.tsx';
import { wideControlStyle } from './field.tsx';

const CONFIRMATION_MS = 2_000;

function select(box: HTMLTextAreaElement | null): void {
  box?.focus();
  box?.select();
}

/** Copies a text and confirms it on the button. Shows the text for manual copying if the browser denies clipboard access. */
export function CopyButton({ text, label = 'Copy' }: { text: string; label?: string }) {
  const [outcome, setOutcome] = useState<'copied' | 'refused'>();
  async function copy() {
    try {
      await navigator.clipboard.writeText(text);
      setOutcome('copied');
      setTimeout(() => setOutcome(undefined), CONFIRMATION_MS);
    } catch {
      // The clipboard needs HTTPS, and the user may deny it.
      setOutcome('refused');
    }
  }
  const Icon = outcome === 'copied' ? Check : Copy;
  return (
    <>
      <Button kind="plain" size="small" onClick={copy}>
        <Icon aria-hidden className="size-4" />
        <span aria-live="polite">{outcome === 'copied' ? 'Copied' : label}</span>
      </Button>
      {outcome === 'refused' && (
        <label className="block w-full space-y-1.5 text-muted text-xs">
          <span className="block">This browser does not allow copying here. Copy the text manually:</span>
          <textarea ref={select} readOnly rows={3} value={text} className={`${wideControlStyle} font-mono text-ink`} />
        </label>
      )}
    </>
  );
}
