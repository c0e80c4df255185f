'use client';

import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type FormEvent, useState } from 'react';
import { errorMessage } from '../../lib/api/errors.ts';
import { type Provider, providerName } from '../../lib/providers.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Field } from '../ui/field.tsx';
import { Problem } from '../ui/notice.tsx';

interface Props {
  provider: Provider;
  /** Whether the provider has a key already. */
  replaces: boolean;
  /** @throws Error with the sentence to show when the key is not saved */
  onSave: (provider: Provider, apiKey: string) => Promise<void>;
}

/** A button that opens the form of a provider's key. */
export function KeyDialog({ provider, replaces, onSave }: Props) {
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const name = providerName(provider);

  async function save(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const apiKey = String(new FormData(event.currentTarget).get('apiKey') ?? '').trim();
    setBusy(true);
    setProblem(undefined);
    try {
      await onSave(provider, apiKey);
      setOpen(false);
    } catch (error) {
      setProblem(errorMessage(error));
    }
    setBusy(false);
  }
  return (
    <>
      <Button
        kind="plain"
        size="small"
        onClick={() => {
          setProblem(undefined);
          setOpen(true);
        }}
      >
        {replaces ? t`Replace` : t`Add key`}
        <span className="sr-only">
          {' '}
          <Trans>of {name}</Trans>
        </span>
      </Button>
      <Dialog
        open={open}
        onOpenChange={setOpen}
        title={replaces ? t`Replace the key of ${name}` : t`Add a key of ${name}`}
        description={t`${name} is asked about the key first. The key is stored encrypted and never shown again. Running agents use it within two seconds.`}
      >
        <form method="post" onSubmit={save} className="space-y-4">
          <Field label={t`API key`} name="apiKey" type="password" autoComplete="off" required maxLength={4096} />
          <Problem>{problem}</Problem>
          <div className="flex flex-wrap justify-end gap-2">
            <Button kind="plain" onClick={() => setOpen(false)}>
              <Trans>Go back</Trans>
            </Button>
            <Button type="submit" busy={busy}>
              <Trans>Test and save</Trans>
            </Button>
          </div>
        </form>
      </Dialog>
    </>
  );
}
