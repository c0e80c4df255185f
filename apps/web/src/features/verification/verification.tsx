'use client';

import type { VerificationType } from '@agentbot/contracts';
import type { MessageDescriptor } from '@lingui/core';
import { msg, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
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
import { say } from '../../lib/language/texts.ts';
import { acceptedWithToast } from '../../lib/toast/with-toast.ts';
import { PasskeyMethod, WalletMethod } from './methods.tsx';

const methods: { type: VerificationType; name: MessageDescriptor; description: MessageDescriptor }[] = [
  { type: 'webauthn', name: msg`Passkey`, description: msg`With this device: fingerprint, face or PIN. Nothing else is needed.` },
  { type: 'ens', name: msg`ENS name`, description: msg`A wallet that your ENS name points to signs a message.` },
  { type: 'coinbase', name: msg`Coinbase`, description: msg`A wallet that Coinbase has attested as verified signs a message.` },
  { type: 'eas', name: msg`Attestation (EAS)`, description: msg`An attestation on chain about your wallet, and that wallet’s signature.` },
];
function nameOf(type: string | null): string {
  const name = methods.find((method) => method.type === type)?.name;
  return name ? say(name) : (type ?? '');
}

/** An agent's verification, and the steps of each method. */
export function Verification({ id }: { id: string }) {
  const { data, error, mutate } = useSWR(['verification', id], () => api('getVerification', { params: { id } }));
  const [type, setType] = useState<VerificationType>('webauthn');
  if (error && !data) return <Problem onRetry={() => mutate()}>{errorMessage(error)}</Problem>;
  if (!data) return <Loading rows={2} className="h-40" />;
  async function remove() {
    const accepted = await acceptedWithToast(api('removeVerification', { params: { id } }), {
      pending: t`Removing…`,
      success: t`The verification is removed`,
    });
    await mutate();
    return accepted;
  }
  const onVerified = () => void mutate();
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-2">
      <Card title={t`Verification`} description={t`Shows others that a real person or company is responsible for this agent.`}>
        {data.verified ? (
          <div className="space-y-4">
            <p className="flex items-center gap-2 font-medium text-good">
              <BadgeCheck aria-hidden className="size-5" /> <Trans>Verified by {nameOf(data.verificationType)}</Trans>
            </p>
            <DescriptionList
              rows={[
                [t`Since`, data.verifiedAt ? formatTime(data.verifiedAt) : '–'],
                [t`Wallet`, data.verifierAddress ?? '–'],
                [t`Attestation`, data.attestationUid ?? '–'],
              ]}
            />
            <ConfirmButton
              action={t`Remove verification`}
              title={t`Remove the verification?`}
              description={t`You can verify the agent again at any time.`}
              confirm={t`Remove`}
              onConfirm={remove}
            />
          </div>
        ) : (
          <p className="text-sm">
            <Trans>This agent is not verified yet. Choose a method, then follow its steps.</Trans>
          </p>
        )}
      </Card>
      <Card title={data.verified ? t`Verify with another method` : t`Verify`}>
        <fieldset className="mb-4">
          <legend className="sr-only">
            <Trans>Method</Trans>
          </legend>
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
                  <span className="block font-medium">{say(method.name)}</span>
                  <span className="block text-muted text-xs">{say(method.description)}</span>
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
