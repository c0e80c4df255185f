'use client';

import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import { Button } from '../../components/ui/button.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { api } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';

/** Links WhatsApp with a QR code of the gateway. */
export function LinkWhatsApp({ id, onLinked }: { id: string; onLinked: () => void }) {
  const [qr, setQr] = useState<string>();
  const [problem, setProblem] = useState('');
  const [busy, setBusy] = useState(false);

  async function link() {
    setBusy(true);
    setProblem('');
    try {
      const answer = await api('linkWhatsApp', { params: { id } });
      setQr(answer.qr ?? undefined);
      if (answer.status === 'linked') onLinked();
    } catch (error) {
      setProblem(errorMessage(error));
    } finally {
      setBusy(false);
    }
  }
  return (
    <div className="space-y-2">
      {qr && (
        <>
          <p className="text-muted">
            <Trans>Scan this code in WhatsApp under Linked devices. It is valid for about 1 minute.</Trans>
          </p>
          <img src={qr} alt={t`QR code that links WhatsApp`} width={256} height={256} className="rounded-lg bg-white p-2" />
        </>
      )}
      <Problem>{problem}</Problem>
      <Button kind="plain" busy={busy} onClick={link}>
        {busy ? t`Requesting a code…` : qr ? t`New QR code` : t`Link WhatsApp`}
      </Button>
    </div>
  );
}
