'use client';

import type { VerificationType } from '@agentbot/contracts';
import { BadgeCheck } from 'lucide-react';
import { useState } from 'react';
import useSWR from 'swr';
import { Button } from '../../components/ui/button.tsx';
import { Card, DescriptionList } from '../../components/ui/card.tsx';
import { ConfirmButton } from '../../components/ui/confirm-button.tsx';
import { Field } from '../../components/ui/field.tsx';
import { Loading } from '../../components/ui/loading.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { SignatureSteps } from '../../components/wallet/signature-steps.tsx';
import { api } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';
import { formatTime } from '../../lib/format.ts';
import { acceptedWithToast, withToast } from '../../lib/toast/with-toast.ts';
import { passkey } from './passkey.ts';

const kinds: { type: VerificationType; name: string; description: string }[] = [
  { type: 'webauthn', name: 'Passkey', description: 'With this device: fingerprint, face or PIN. Nothing else is needed.' },
  { type: 'ens', name: 'ENS name', description: 'A wallet that your ENS name points to signs a message.' },
  { type: 'coinbase', name: 'Coinbase', description: 'A wallet that Coinbase has attested as verified signs a message.' },
  { type: 'eas', name: 'Attestation (EAS)', description: 'An attestation on chain about your wallet, and that wallet’s signature.' },
];
const nameOf = (type: string | null) => kinds.find((kind) => kind.type === type)?.name ?? type ?? '';

interface Steps {
  id: string;
  onVerified: () => void;
}

function Passkey({ id, onVerified }: Steps) {
  const [busy, setBusy] = useState(false);
  async function verify() {
    const { options, call } = await api('createVerificationChallenge', { params: { id }, body: { verificationType: 'webauthn' } });
    if (!options || !call) throw new Error('The server did not request a passkey');
    const credential = await passkey(call, options);
    await api('verifyAgent', { params: { id }, body: { verificationType: 'webauthn', credential } });
  }
  async function run() {
    setBusy(true);
    await withToast(verify(), { pending: 'Waiting for your passkey…', success: 'The agent is verified' });
    onVerified();
    setBusy(false);
  }
  return (
    <Button busy={busy} onClick={run}>
      Verify with a passkey
    </Button>
  );
}

function ByWallet({ id, type, onVerified }: Steps & { type: Exclude<VerificationType, 'webauthn'> }) {
  const [detail, setDetail] = useState('');
  const extra = {
    ...(type === 'ens' && detail && { metadata: { ensName: detail } }),
    ...(type === 'eas' && detail && { attestationUid: detail }),
  };
  async function challenge(walletAddress: string) {
    const asked = api('createVerificationChallenge', { params: { id }, body: { verificationType: type, walletAddress, ...extra } });
    return (
      (await withToast(asked, { pending: 'Requesting the message…', success: 'Sign the message within 10 minutes' }))?.message ?? undefined
    );
  }
  async function verify(walletAddress: string, signature: string) {
    const body = { verificationType: type, walletAddress, signature, ...extra };
    const done = await acceptedWithToast(api('verifyAgent', { params: { id }, body }), {
      pending: 'Checking the proof…',
      success: 'The agent is verified',
    });
    onVerified();
    return done;
  }
  return (
    <div className="space-y-4">
      {type === 'ens' && (
        <Field label="ENS name" value={detail} placeholder="name.eth" onChange={(event) => setDetail(event.target.value.trim())} />
      )}
      {type === 'eas' && (
        <Field label="Attestation UID" value={detail} placeholder="0x…" onChange={(event) => setDetail(event.target.value.trim())} />
      )}
      <SignatureSteps action="Verify agent" challenge={challenge} onSigned={verify} />
    </div>
  );
}

/** Whether and how an agent is verified, and each way to it, step by step. */
export function Verification({ id }: { id: string }) {
  const { data, error, mutate } = useSWR(['verification', id], () => api('getVerification', { params: { id } }));
  const [type, setType] = useState<VerificationType>('webauthn');
  if (error && !data) return <Problem onRetry={() => mutate()}>{errorMessage(error)}</Problem>;
  if (!data) return <Loading rows={2} className="h-40" />;
  async function remove() {
    const done = await acceptedWithToast(api('removeVerification', { params: { id } }), {
      pending: 'Removing…',
      success: 'The verification is removed',
    });
    await mutate();
    return done;
  }
  const onVerified = () => void mutate();
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-2">
      <Card title="Verification" description="Shows others that a real person or company is responsible for this agent.">
        {data.verified ? (
          <div className="space-y-4">
            <p className="flex items-center gap-2 font-medium text-good">
              <BadgeCheck aria-hidden className="size-5" /> Verified by {nameOf(data.verificationType)}
            </p>
            <DescriptionList
              rows={[
                ['Since', data.verifiedAt ? formatTime(data.verifiedAt) : '–'],
                ['Wallet', data.verifierAddress ?? '–'],
                ['Attestation', data.attestationUid ?? '–'],
              ]}
            />
            <ConfirmButton
              action="Remove verification"
              title="Remove the verification?"
              description="You can verify the agent again at any time."
              confirm="Remove"
              onConfirm={remove}
            />
          </div>
        ) : (
          <p className="text-sm">This agent is not verified yet. Choose a method, then follow its steps.</p>
        )}
      </Card>
      <Card title={data.verified ? 'Verify with another method' : 'Verify'}>
        <fieldset className="mb-4">
          <legend className="sr-only">Method</legend>
          <div className="grid gap-2 sm:grid-cols-2">
            {kinds.map((kind) => (
              <label
                key={kind.type}
                className="flex cursor-pointer gap-3 rounded-lg border border-line p-3 text-sm hover:border-muted has-checked:border-accent has-checked:bg-accent-soft"
              >
                <input
                  type="radio"
                  name="kind"
                  className="mt-1 accent-accent"
                  checked={type === kind.type}
                  onChange={() => setType(kind.type)}
                />
                <span className="min-w-0">
                  <span className="block font-medium">{kind.name}</span>
                  <span className="block text-muted text-xs">{kind.description}</span>
                </span>
              </label>
            ))}
          </div>
        </fieldset>
        {type === 'webauthn' ? (
          <Passkey id={id} onVerified={onVerified} />
        ) : (
          <ByWallet key={type} id={id} type={type} onVerified={onVerified} />
        )}
      </Card>
    </div>
  );
}
