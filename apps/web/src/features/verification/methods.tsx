'use client';

import type { VerificationType } from '@agentbot/contracts';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import { Button } from '../../components/ui/button.tsx';
import { Field } from '../../components/ui/field.tsx';
import { SignatureSteps } from '../../components/wallet/signature-steps.tsx';
import { api } from '../../lib/api/client.ts';
import { passkey } from '../../lib/passkey.ts';
import { acceptedWithToast, withToast } from '../../lib/toast/with-toast.ts';

interface Props {
  id: string;
  onVerified: () => void;
}

/** Verifies an agent with a passkey of this device. */
export function PasskeyMethod({ id, onVerified }: Props) {
  const [busy, setBusy] = useState(false);
  async function verify() {
    const { options, call } = await api('createVerificationChallenge', { params: { id }, body: { verificationType: 'webauthn' } });
    if (!options || !call) throw new Error(t`The server did not request a passkey`);
    const credential = await passkey(call, options, 'agent');
    await api('verifyAgent', { params: { id }, body: { verificationType: 'webauthn', credential } });
  }
  async function run() {
    setBusy(true);
    await withToast(verify(), { pending: t`Waiting for your passkey…`, success: t`The agent is verified` });
    onVerified();
    setBusy(false);
  }
  return (
    <Button busy={busy} onClick={run}>
      <Trans>Verify with a passkey</Trans>
    </Button>
  );
}

/** Verifies an agent with a wallet's signature: ENS name, Coinbase or attestation. */
export function WalletMethod({ id, type, onVerified }: Props & { type: Exclude<VerificationType, 'webauthn'> }) {
  const [detail, setDetail] = useState('');
  const extra = {
    ...(type === 'ens' && detail && { metadata: { ensName: detail } }),
    ...(type === 'eas' && detail && { attestationUid: detail }),
  };
  async function challenge(walletAddress: string) {
    const asked = api('createVerificationChallenge', { params: { id }, body: { verificationType: type, walletAddress, ...extra } });
    return (
      (await withToast(asked, { pending: t`Requesting the message…`, success: t`Sign the message within 10 minutes` }))?.message ??
      undefined
    );
  }
  async function verify(walletAddress: string, signature: string) {
    const body = { verificationType: type, walletAddress, signature, ...extra };
    const accepted = await acceptedWithToast(api('verifyAgent', { params: { id }, body }), {
      pending: t`Checking the proof…`,
      success: t`The agent is verified`,
    });
    onVerified();
    return accepted;
  }
  return (
    <div className="space-y-4">
      {type === 'ens' && (
        <Field label={t`ENS name`} value={detail} placeholder="name.eth" onChange={(event) => setDetail(event.target.value.trim())} />
      )}
      {type === 'eas' && (
        <Field label={t`Attestation UID`} value={detail} placeholder="0x…" onChange={(event) => setDetail(event.target.value.trim())} />
      )}
      <SignatureSteps action={t`Verify agent`} challenge={challenge} onSigned={verify} />
    </div>
  );
}
