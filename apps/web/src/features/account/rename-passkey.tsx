'use client';

import type { PasskeyView } from '@agentbot/contracts';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type FormEvent, useState } from 'react';
import { Button } from '../../components/ui/button.tsx';
import { Dialog } from '../../components/ui/dialog.tsx';
import { Field } from '../../components/ui/field.tsx';
import { api } from '../../lib/api/client.ts';
import { acceptedWithToast } from '../../lib/toast/with-toast.ts';

/** A button that renames a passkey. */
export function RenamePasskey({ passkey, onRenamed }: { passkey: PasskeyView; onRenamed: () => Promise<unknown> }) {
  const [open, setOpen] = useState(false);
  const [name, setName] = useState('');
  const [busy, setBusy] = useState(false);
  async function rename(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    const request = api('renameAccountPasskey', { params: { id: passkey.id }, body: { name } });
    const renamed = await acceptedWithToast(request, { pending: t`Renaming…`, success: t`The passkey is renamed` });
    if (renamed) await onRenamed();
    setBusy(false);
    if (renamed) setOpen(false);
  }
  return (
    <>
      <Button
        kind="plain"
        size="small"
        aria-label={t`Rename ${passkey.name}`}
        onClick={() => {
          setName(passkey.name);
          setOpen(true);
        }}
      >
        <Trans>Rename</Trans>
      </Button>
      <Dialog open={open} onOpenChange={setOpen} title={t`Rename the passkey`} description={t`The name is shown only to you.`}>
        <form onSubmit={rename} className="space-y-4">
          <Field label={t`Name`} value={name} maxLength={100} autoComplete="off" onChange={(event) => setName(event.target.value)} />
          <div className="flex flex-wrap justify-end gap-2">
            <Button kind="plain" onClick={() => setOpen(false)}>
              <Trans>Go back</Trans>
            </Button>
            <Button type="submit" busy={busy} disabled={!name.trim()}>
              <Trans>Save name</Trans>
            </Button>
          </div>
        </form>
      </Dialog>
    </>
  );
}
