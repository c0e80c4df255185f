'use client';

import type { ProviderKeyView } from '@agentbot/contracts';
import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type Provider, providers } from '../../lib/providers.ts';
import { ConfirmButton } from '../ui/confirm-button.tsx';
import { RelativeTime } from '../ui/relative-time.tsx';
import { KeyDialog } from './key-dialog.tsx';

interface Props {
  /** The name of the list for screen readers. */
  label: string;
  keys: readonly ProviderKeyView[];
  /** What the number of agents without a nearer key means here. */
  agents: (count: number) => string;
  /** @throws Error with the sentence to show when the key is not saved */
  onSave: (provider: Provider, apiKey: string) => Promise<void>;
  /** @returns whether the key is deleted */
  onDelete: (provider: Provider) => Promise<boolean>;
}

function KeyFacts({ of: { keyPreview, updatedAt, testedAt, refused }, agents }: { of: ProviderKeyView; agents: string }) {
  return (
    <>
      <p className="text-muted text-xs">
        <Trans>
          <code className="font-mono">{keyPreview}</code> · saved <RelativeTime time={updatedAt} /> · {agents}
        </Trans>
      </p>
      {refused && (
        <p className="text-danger text-xs">
          <Trans>
            Refused by the provider <RelativeTime time={refused.at} /> (status {refused.status}). Replace the key.
          </Trans>
        </p>
      )}
      {!refused && !testedAt && (
        <p className="text-warn text-xs">
          <Trans>Not tested: the provider did not answer when the key was saved.</Trans>
        </p>
      )}
    </>
  );
}

/** Every provider with its key, or with a way to add one. */
export function KeyList({ label, keys, agents, onSave, onDelete }: Props) {
  return (
    <ul className="divide-y divide-line rounded-xl border border-line bg-surface" aria-label={label}>
      {providers.map(([provider, name]) => {
        const key = keys.find((each) => each.provider === provider);
        return (
          <li key={provider} className="flex flex-wrap items-center justify-between gap-3 px-4 py-3 text-sm">
            <div className="min-w-0 space-y-0.5">
              <p className="font-medium">{name}</p>
              {key ? (
                <KeyFacts of={key} agents={agents(key.agentCount)} />
              ) : (
                <p className="text-muted text-xs">
                  <Trans>No key</Trans>
                </p>
              )}
            </div>
            <div className="flex flex-wrap gap-2">
              <KeyDialog provider={provider} replaces={key !== undefined} onSave={onSave} />
              {key && (
                <ConfirmButton
                  size="small"
                  action={t`Remove`}
                  title={t`Remove the key of ${name}?`}
                  description={
                    key.agentCount === 0
                      ? t`No agent uses this key at the moment.`
                      : t`${plural(key.agentCount, { one: 'One agent has no key of its own', other: '# agents have no key of their own' })}, and may be unable to call a model of ${name} without this one.`
                  }
                  confirm={t`Remove key`}
                  onConfirm={() => onDelete(provider)}
                />
              )}
            </div>
          </li>
        );
      })}
    </ul>
  );
}
