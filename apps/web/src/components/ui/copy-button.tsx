'use client';

import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Check, Copy } from 'lucide-react';
import { useState } from 'react';
import { Button } from './button.tsx';
import { wideControlStyle } from './field.tsx';

const CONFIRMATION_MS = 2_000;

function select(box: HTMLTextAreaElement | null): void {
  box?.focus();
  box?.select();
}

interface Props {
  /** A function for a text that is worth building only when it is copied. */
  text: string | (() => string);
  label?: string;
  compact?: boolean;
  disabled?: boolean;
}

/** Copies a text and confirms it on the button, which is an icon if `compact`. Shows the text for manual copying if the browser denies clipboard access. */
export function CopyButton({ text, label = t`Copy`, compact, disabled }: Props) {
  const read = () => (typeof text === 'string' ? text : text());
  const [outcome, setOutcome] = useState<'copied' | 'refused'>();
  async function copy() {
    try {
      await navigator.clipboard.writeText(read());
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
      <Button
        kind={compact ? 'quiet' : 'plain'}
        size="small"
        disabled={disabled}
        title={compact ? label : undefined}
        className={compact ? 'px-2' : undefined}
        onClick={copy}
      >
        <Icon aria-hidden className="size-4" />
        <span aria-live="polite" className={compact ? 'sr-only' : undefined}>
          {outcome === 'copied' ? t`Copied` : label}
        </span>
      </Button>
      {outcome === 'refused' && (
        <label className="block w-full space-y-1.5 text-muted text-xs">
          <span className="block">
            <Trans>This browser does not allow copying here. Copy the text manually:</Trans>
          </span>
          <textarea ref={select} readOnly rows={3} value={read()} className={`${wideControlStyle} font-mono text-ink`} />
        </label>
      )}
    </>
  );
}
