'use client';

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
          <p className="text-muted">Scan this code in WhatsApp under Linked devices. It is valid for about 1 minute.</p>
          <img src={qr} alt="QR code that links WhatsApp" width={256} height={256} className="rounded-lg bg-white p-2" />
        </>
      )}
      <Problem>{problem}</Problem>
      <Button kind="plain" busy={busy} onClick={link}>
        {busy ? 'Requesting a code…' : qr ? 'New QR code' : 'Link WhatsApp'}
      </Button>
    </div>
  );
}
