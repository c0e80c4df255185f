'use client';

import { useState } from 'react';
import { Button } from '../../components/ui/button.tsx';
import { ConfirmButton } from '../../components/ui/confirm-button.tsx';
import { CopyButton } from '../../components/ui/copy-button.tsx';
import { api } from '../../lib/api/client.ts';
import { withToast } from '../../lib/toast/with-toast.ts';

/** The token of an agent's gateway, loaded when the user asks to see it. */
export function GatewayToken({ id }: { id: string }) {
  const [token, setToken] = useState<string>();
  const [busy, setBusy] = useState(false);
  async function reveal() {
    setBusy(true);
    const answer = await withToast(api('getAgentToken', { params: { id } }), {
      pending: 'Loading the token…',
      success: 'The token is visible until you leave this page',
    });
    setToken(answer?.token);
    setBusy(false);
  }
  async function replace() {
    const answer = await withToast(api('replaceAgentToken', { params: { id } }), {
      pending: 'Replacing the token…',
      success: 'The former token is no longer accepted',
    });
    if (answer) setToken(answer.token);
    return answer !== undefined;
  }
  return (
    <div className="flex flex-wrap items-center gap-2">
      {token ? (
        <>
          <code className="wrap-anywhere font-mono text-xs">{token}</code>
          <CopyButton text={token} label="Copy token" />
          <Button kind="quiet" size="small" onClick={() => setToken(undefined)}>
            Hide
          </Button>
        </>
      ) : (
        <Button kind="plain" size="small" busy={busy} onClick={reveal}>
          Show token
        </Button>
      )}
      <ConfirmButton
        action="Replace token"
        title="Replace the gateway token?"
        description="A running agent restarts, which takes about a minute. Open connections end, and programs that use the present token must get the new one."
        confirm="Replace token"
        size="small"
        onConfirm={replace}
      />
    </div>
  );
}
