'use client';

import { useState } from 'react';
import { PlanField } from '../../components/agent/plan-field.tsx';
import { SlackFields } from '../../components/agent/slack-fields.tsx';
import { TokenField } from '../../components/agent/token-field.tsx';
import type { TokenChecks } from '../../components/agent/use-token-checks.ts';
import { Field, SelectField } from '../../components/ui/field.tsx';
import { hasKeyFor, type ProviderKeys, useProviderKeys } from '../../lib/hooks/use-provider-keys.ts';
import { modelOptions, modelProviders, type Template } from './form-options.ts';
import { InstructionsField } from './instructions-field.tsx';
import { VersionField } from './version-field.tsx';

const secret = { type: 'password', autoComplete: 'off' };

function keyHint(model: string, known: ProviderKeys | undefined): string {
  if (model === 'custom') return 'Only if your server needs one. Stored encrypted, never shown again';
  const provider = modelProviders[model];
  const key = known?.keys.find((each) => each.provider === provider);
  if (!key && hasKeyFor(known, provider)) return 'Leave empty to use the operator’s key, within the allowance of your plan';
  return key
    ? `Leave empty to use the key of your account (${key.keyPreview}). A key here is for this agent alone`
    : 'From your model provider. Stored encrypted, never shown again. A key for all your agents is saved under Model keys';
}

/** The fields of a new agent, filled from a template. */
export function NewAgentFields({ template, checks }: { template: Template; checks: TokenChecks }) {
  const [model, setModel] = useState(template.model);
  const [name, setName] = useState(template.name);
  const { data: known } = useProviderKeys();
  return (
    <>
      <Field label="Name" name="name" required maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />
      <SelectField label="Model" name="model" value={model} onChange={(event) => setModel(event.target.value)} options={modelOptions} />
      {model === 'custom' && (
        <>
          <Field label="Base URL" name="baseUrl" type="url" required placeholder="https://models.example.com/v1" />
          <Field label="Model ID" name="modelId" required placeholder="llama-3.3-70b" />
        </>
      )}
      {model !== 'demo' && <Field label="API key" name="apiKey" {...secret} hint={keyHint(model, known)} />}
      <details className="rounded-lg border border-line px-3 py-2" open={template.channel !== undefined}>
        <summary className="cursor-pointer font-medium text-sm">Channels (optional)</summary>
        <div className="mt-3 space-y-4 pb-1">
          <TokenField channel="telegram" name="telegramToken" checks={checks} />
          <TokenField channel="discord" name="discordBotToken" checks={checks} />
          <details className="rounded-lg border border-line px-3 py-2" open={template.channel === 'slack'}>
            <summary className="cursor-pointer font-medium text-sm">Slack</summary>
            <div className="mt-3 space-y-4 pb-1">
              <SlackFields agentName={name} names={{ bot: 'slackBotToken', app: 'slackAppToken' }} checks={checks} />
              <Field
                label="Your Slack member ID"
                name="slackOwnerId"
                placeholder="U0123456789"
                maxLength={64}
                hint="In Slack, open your profile, then ⋮ and “Copy member ID”. The agent answers its owners: in private, and where they mention it"
              />
            </div>
          </details>
          <Field
            label="WhatsApp token"
            name="whatsappToken"
            {...secret}
            hint="Any word turns WhatsApp on. Link your account by QR code afterwards"
          />
        </div>
      </details>
      <InstructionsField />
      <VersionField />
      <PlanField />
    </>
  );
}
