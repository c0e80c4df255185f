'use client';

import type { VerificationType } from '@agentbot/contracts';
import { BadgeCheck } from 'lucide-react';
import { useState } from 'react';
import useSWR from 'swr';
import { Card, DescriptionList } from '../../components/ui/card.tsx';
import { ConfirmButton } from '../../components/ui/confirm-button.tsx';
import { Input } from '../../components/ui/field.tsx';
import { Loading } from '../../components/ui/loading.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { api } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';
import { formatTime } from '../../lib/format.ts';
import { acceptedWithToast } from '../../lib/toast/with-toast.ts';
import { PasskeyMethod, WalletMethod } from './methods.tsx';

const methods: { type: VerificationType; name: string; description: string }[] = [
  { type: 'webauthn', name: 'Passkey', description: 'With this device: fingerprint, face or PIN. Nothing else is needed.' },
  { type: 'ens', name: 'ENS name', description: 'A wallet that your ENS name points to signs a message.' },
  { type: 'coinbase', name: 'Coinbase', description: 'A wallet that Coinbase has attested as verified signs a message.' },
  { type: 'eas', name: 'Attestation (EAS)', description: 'An attestation on chain about your wallet, and that wallet’s signature.' },
];
const nameOf = (type: string | null) => methods.find((method) => method.type === type)?.name ?? type ?? '';

/** An agent's verification, and the steps of each method. */
export function Verification({ id }: { id: string }) {
  const { data, error, mutate } = useSWR(['verification', id], () => api('getVerification', { params: { id } }));
  const [type, setType] = useState<VerificationType>('webauthn');
  if (error && !data) return <Problem onRetry={() => mutate()}>{errorMessage(error)}</Problem>;
  if (!data) return <Loading rows={2} className="h-40" />;
  async function remove() {
    const accepted = await acceptedWithToast(api('removeVerification', { params: { id } }), {
      pending: 'Removing…',
      success: 'The verification is removed',
    });
    await mutate();
    return accepted;
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
            {methods.map((method) => (
              <label
                key={method.type}
                className="flex cursor-pointer gap-3 rounded-lg border border-line p-3 text-sm hover:border-muted has-checked:border-accent has-checked:bg-accent-soft"
              >
                <Input
                  type="radio"
                  name="method"
                  className="mt-1 accent-accent"
                  checked={type === method.type}
                  onChange={() => setType(method.type)}
                />
                <span className="min-w-0">
                  <span className="block font-medium">{method.name}</span>
                  <span className="block text-muted text-xs">{method.description}</span>
                </span>
              </label>
            ))}
          </div>
        </fieldset>
        {type === 'webauthn' ? (
          <PasskeyMethod id={id} onVerified={onVerified} />
        ) : (
          <WalletMethod key={type} id={id} type={type} onVerified={onVerified} />
        )}
      </Card>
    </div>
  );
}
