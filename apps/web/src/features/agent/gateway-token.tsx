'use client';

import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
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
      pending: t`Loading the token…`,
      success: t`The token is visible until you leave this page`,
    });
    setToken(answer?.token);
    setBusy(false);
  }
  async function replace() {
    const answer = await withToast(api('replaceAgentToken', { params: { id } }), {
      pending: t`Replacing the token…`,
      success: t`The former token is no longer accepted`,
    });
    if (answer) setToken(answer.token);
    return answer !== undefined;
  }
  return (
    <div className="flex flex-wrap items-center gap-2">
      {token ? (
        <>
          <code className="wrap-anywhere font-mono text-xs">{token}</code>
          <CopyButton text={token} label={t`Copy token`} />
          <Button kind="quiet" size="small" onClick={() => setToken(undefined)}>
            <Trans>Hide</Trans>
          </Button>
        </>
      ) : (
        <Button kind="plain" size="small" busy={busy} onClick={reveal}>
          <Trans>Show token</Trans>
        </Button>
      )}
      <ConfirmButton
        action={t`Replace token`}
        title={t`Replace the gateway token?`}
        description={t`A running agent restarts, which takes about a minute. Open connections end, and programs that use the present token must get the new one.`}
        confirm={t`Replace token`}
        size="small"
        onConfirm={replace}
      />
    </div>
  );
}
