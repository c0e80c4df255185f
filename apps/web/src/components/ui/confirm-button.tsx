'use client';

import { Trans } from '@lingui/react/macro';
import { type ReactNode, useState } from 'react';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { Field } from './field.tsx';

interface Props {
  /** The text of the button that opens the dialog. */
  action: string;
  title: string;
  description: ReactNode;
  /** The text of the button that confirms. */
  confirm: string;
  /** A text that the user must type before they can confirm. */
  typed?: { label: string; value: string };
  kind?: 'danger' | 'plain' | 'primary';
  size?: 'normal' | 'small';
  disabled?: boolean;
  /** Runs the action. @returns whether the dialog closes: the action is done or was started */
  onConfirm: () => Promise<boolean>;
}

/** A button that asks for confirmation before it runs its action. */
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
            <Trans>Go back</Trans>
          </Button>
          <Button kind={kind} busy={busy} disabled={typed && text !== typed.value} onClick={confirmAction}>
            {confirm}
          </Button>
        </div>
      </Dialog>
    </>
  );
}
