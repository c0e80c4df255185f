'use client';

import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type ReactNode, useState } from 'react';
import { BotFields } from '../../components/agent/channel-steps.tsx';
import { PlanField } from '../../components/agent/plan-field.tsx';
import { SlackFields } from '../../components/agent/slack-fields.tsx';
import type { TokenChecks } from '../../components/agent/use-token-checks.ts';
import { Field, SelectField } from '../../components/ui/field.tsx';
import { hasKeyFor, type ProviderKeys, useProviderKeys } from '../../lib/hooks/use-provider-keys.ts';
import { say } from '../../lib/language/texts.ts';
import { modelOptions, modelProviders, type Template } from './form-options.ts';
import { InstructionsField } from './instructions-field.tsx';
import { VersionField } from './version-field.tsx';

const secret = { type: 'password', autoComplete: 'off' };

function keyHint(model: string, known: ProviderKeys | undefined): string {
  if (model === 'custom') return t`Only if your server needs one. Stored encrypted, never shown again`;
  const provider = modelProviders[model];
  const key = known?.keys.find((each) => each.provider === provider);
  if (!key && hasKeyFor(known, provider)) return t`Leave empty to use the operator’s key, within the allowance of your plan`;
  return key
    ? t`Leave empty to use the key of your account (${{ key: key.keyPreview }}). A key here is for this agent alone`
    : t`From your model provider. Stored encrypted, never shown again. A key for all your agents is saved under Model keys`;
}

function ChannelSection({ title, open, children }: { title: string; open: boolean; children: ReactNode }) {
  return (
    <details className="rounded-lg border border-line px-3 py-2" open={open}>
      <summary className="cursor-pointer font-medium text-sm">{title}</summary>
      <div className="mt-3 space-y-4 pb-1">{children}</div>
    </details>
  );
}

/** The fields of a new agent, filled from a template. */
export function NewAgentFields({ template, checks }: { template: Template; checks: TokenChecks }) {
  const [model, setModel] = useState(template.model);
  const [name, setName] = useState(say(template.name));
  const { data: known } = useProviderKeys();
  return (
    <>
      <Field label={t`Name`} name="name" required maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />
      <SelectField
        label={t`Model`}
        name="model"
        value={model}
        onChange={(event) => setModel(event.target.value)}
        options={modelOptions()}
      />
      {model === 'custom' && (
        <>
          <Field label={t`Base URL`} name="baseUrl" type="url" required placeholder="https://models.example.com/v1" />
          <Field label={t`Model ID`} name="modelId" required placeholder="llama-3.3-70b" />
        </>
      )}
      {model !== 'demo' && <Field label={t`API key`} name="apiKey" {...secret} hint={keyHint(model, known)} />}
      <details className="rounded-lg border border-line px-3 py-2" open={template.channel !== undefined}>
        <summary className="cursor-pointer font-medium text-sm">
          <Trans>Channels (optional)</Trans>
        </summary>
        <div className="mt-3 space-y-4 pb-1">
          <ChannelSection title="Telegram" open={template.channel === 'telegram'}>
            <BotFields channel="telegram" name="telegramToken" checks={checks} />
          </ChannelSection>
          <ChannelSection title="Discord" open={template.channel === 'discord'}>
            <BotFields channel="discord" name="discordBotToken" checks={checks} />
          </ChannelSection>
          <ChannelSection title="Slack" open={template.channel === 'slack'}>
            <SlackFields agentName={name} names={{ bot: 'slackBotToken', app: 'slackAppToken' }} checks={checks} />
            <Field
              label={t`Your Slack member ID`}
              name="slackOwnerId"
              placeholder="U0123456789"
              maxLength={64}
              hint={t`In Slack, open your profile, then ⋮ and “Copy member ID”. The agent answers its owners: in private, and where they mention it`}
            />
          </ChannelSection>
          <label className="flex items-start gap-3 px-3 text-sm">
            <input type="checkbox" name="whatsappToken" value="on" className="mt-1 accent-accent" />
            <span>
              WhatsApp{' '}
              <span className="block text-muted text-xs">
                <Trans>You link your account by QR code afterwards.</Trans>
              </span>
            </span>
          </label>
        </div>
      </details>
      <InstructionsField />
      <VersionField />
      <PlanField />
    </>
  );
}
