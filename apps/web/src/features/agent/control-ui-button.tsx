'use client';

import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { ExternalLink } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../components/ui/button.tsx';
import { api } from '../../lib/api/client.ts';
import { withToast } from '../../lib/toast/with-toast.ts';

/** Opens OpenClaw's own interface of an agent in a new tab, signed in. */
export function ControlUiButton({ id }: { id: string }) {
  const [busy, setBusy] = useState(false);
  async function open() {
    // Opened before the request: later, the browser would block it as a pop-up.
    const tab = window.open('about:blank', '_blank');
    setBusy(true);
    const opened = await withToast(api('openControlUi', { params: { id } }), {
      pending: t`Opening the Control UI…`,
      success: t`The Control UI is open in a new tab`,
    });
    setBusy(false);
    if (!tab) return;
    if (!opened) return tab.close();
    tab.opener = null;
    tab.location.replace(opened.url);
  }
  return (
    <Button kind="plain" size="small" busy={busy} onClick={open}>
      <ExternalLink aria-hidden className="size-4" /> <Trans>Open Control UI</Trans>
    </Button>
  );
}
