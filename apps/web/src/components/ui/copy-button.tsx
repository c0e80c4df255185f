'use client';

import { Check, Copy } from 'lucide-react';
import { useState } from 'react';
import { Button } from './button.tsx';
import { wideControlStyle } from './field.tsx';

function select(box: HTMLTextAreaElement | null): void {
  box?.focus();
  box?.select();
}

/** Copies a text; says so on the button itself. Where the browser does not let us, the text stands there to be copied by hand. */
export function CopyButton({ text, label = 'Copy' }: { text: string; label?: string }) {
  const [outcome, setOutcome] = useState<'copied' | 'refused'>();
  async function copy() {
    try {
      await navigator.clipboard.writeText(text);
      setOutcome('copied');
      setTimeout(() => setOutcome(undefined), 2_000);
    } catch {
      // Plain http has no clipboard, and people may forbid it.
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
