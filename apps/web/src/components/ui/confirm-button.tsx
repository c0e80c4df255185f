'use client';

import { type ReactNode, useState } from 'react';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { Field } from './field.tsx';

interface Props {
  /** On the button that opens the question. */
  action: string;
  title: string;
  description: ReactNode;
  /** On the button that does it. */
  confirm: string;
  /** What must be typed first, and what it is. */
  typed?: { label: string; value: string };
  kind?: 'danger' | 'plain' | 'primary';
  size?: 'normal' | 'small';
  disabled?: boolean;
  /** Does it. @returns whether the question is settled: done, or at least begun */
  onConfirm: () => Promise<boolean>;
}

/** A button that asks before it acts. */
export function ConfirmButton({ action, title, description, confirm, typed, kind = 'danger', size, disabled, onConfirm }: Props) {
  const [open, setOpen] = useState(false);
  const [text, setText] = useState('');
  const [busy, setBusy] = useState(false);

  async function confirmAction() {
    setBusy(true);
    const done = await onConfirm();
    setBusy(false);
    if (done) setOpen(false);
  }
  return (
    <>
      <Button
        kind={kind}
        {...(size && { size })}
        disabled={disabled}
        onClick={() => {
          setText('');
          setOpen(true);
        }}
      >
        {action}
      </Button>
      <Dialog open={open} onOpenChange={setOpen} title={title} description={description}>
        {typed && <Field label={typed.label} value={text} onChange={(event) => setText(event.target.value)} autoComplete="off" />}
        <div className="flex flex-wrap justify-end gap-2">
          <Button kind="plain" onClick={() => setOpen(false)}>
            Cancel
          </Button>
          <Button kind={kind} busy={busy} disabled={typed && text !== typed.value} onClick={confirmAction}>
            {confirm}
          </Button>
        </div>
      </Dialog>
    </>
  );
}
