'use client';

import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import { useHydrated } from '../../lib/hooks/use-hydrated.ts';
import { hasWallet, signMessage, walletAddress } from '../../lib/wallet.ts';
import { Button } from '../ui/button.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import { Field } from '../ui/field.tsx';
import { Problem } from '../ui/notice.tsx';

interface Props {
  /** The text of the last button. */
  action: string;
  /** Requests the message to sign. @returns undefined when the request failed and its error was shown */
  challenge: (address: string) => Promise<string | undefined>;
  /** @returns whether the server accepted the signature */
  onSigned: (address: string, signature: string) => Promise<boolean>;
}

/** The steps that prove ownership of a wallet: address, message, signature. With the browser's wallet or any other one. */
export function SignatureSteps({ action, challenge, onSigned }: Props) {
  const hydrated = useHydrated();
  const [address, setAddress] = useState('');
  const [message, setMessage] = useState<string>();
  const [signature, setSignature] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const wellFormed = /^0x[0-9a-fA-F]{40}$/.test(address);

  async function runBusy(work: () => Promise<unknown>) {
    setBusy(true);
    setProblem('');
    // The wallet's own message, such as a refusal by the user.
    await work().catch((error) => setProblem(error instanceof Error ? error.message : t`The wallet did not sign`));
    setBusy(false);
  }
  async function finish(of: string, signed: string) {
    if (!(await onSigned(of, signed))) return;
    setMessage(undefined);
    setAddress('');
    setSignature('');
  }
  const byBrowser = () =>
    runBusy(async () => {
      const own = await walletAddress();
      const text = await challenge(own);
      if (text) await finish(own, await signMessage(text, own));
    });

  return (
    <div className="space-y-4">
      {hydrated && hasWallet() && (
        <Button busy={busy} onClick={byBrowser}>
          <Trans>Sign with this browser’s wallet</Trans>
        </Button>
      )}
      <ol className="space-y-4">
        <li className="space-y-2">
          <Field
            label={t`1. Wallet address`}
            value={address}
            placeholder="0x…"
            autoComplete="off"
            problem={address && !wellFormed ? t`An address is 0x followed by 40 hexadecimal digits` : undefined}
            onChange={(event) => {
              setAddress(event.target.value.trim());
              setMessage(undefined);
            }}
          />
          <Button
            kind="plain"
            busy={busy && !message}
            disabled={!wellFormed}
            onClick={() => runBusy(async () => setMessage(await challenge(address)))}
          >
            <Trans>Get the message to sign</Trans>
          </Button>
        </li>
        {message && (
          <li className="space-y-2 text-sm">
            <p className="font-medium">
              <Trans>2. Sign this exact message with the wallet</Trans>
            </p>
            <pre className="wrap-anywhere whitespace-pre-wrap rounded-lg bg-hover p-3 font-mono text-xs">{message}</pre>
            <CopyButton text={message} label={t`Copy message`} />
          </li>
        )}
        {message && (
          <li className="space-y-2">
            <Field
              label={t`3. Signature`}
              value={signature}
              placeholder="0x…"
              autoComplete="off"
              onChange={(event) => setSignature(event.target.value.trim())}
            />
            <Button
              busy={busy}
              disabled={!/^0x([0-9a-fA-F]{2})+$/.test(signature)}
              onClick={() => runBusy(() => finish(address, signature))}
            >
              {action}
            </Button>
          </li>
        )}
      </ol>
      <Problem>{problem}</Problem>
    </div>
  );
}
