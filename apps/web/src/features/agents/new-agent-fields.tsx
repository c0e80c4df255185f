'use client';

import { useState } from 'react';
import { Choice, Field } from '../../components/ui/field.tsx';
import { modelOptions, tierOptions } from './form-options.ts';

const secret = { type: 'password', autoComplete: 'off' };

/** What can be said about a new agent. */
export function NewAgentFields() {
  const [model, setModel] = useState('claude-opus-4-6');
  return (
    <>
      <Field label="Name" name="name" required maxLength={100} placeholder="Support assistant" />
      <Choice label="Model" name="model" value={model} onChange={(event) => setModel(event.target.value)} options={modelOptions} />
      {model === 'custom' && (
        <>
          <Field label="Base URL" name="baseUrl" type="url" required placeholder="https://models.example.com/v1" />
          <Field label="Model ID" name="modelId" required placeholder="llama-3.3-70b" />
        </>
      )}
      <Field label="API key" name="apiKey" {...secret} hint="Stored encrypted and never shown again" />
      <details className="rounded-lg border border-line px-3 py-2">
        <summary className="cursor-pointer font-medium text-sm">Channels (optional)</summary>
        <div className="mt-3 space-y-4 pb-1">
          <Field label="Telegram bot token" name="telegramToken" {...secret} />
          <Field label="Discord bot token" name="discordBotToken" {...secret} />
          <Field label="WhatsApp token" name="whatsappToken" {...secret} />
        </div>
      </details>
      <Choice label="Size" name="tier" options={tierOptions} hint="A size above your plan is reduced to it" />
    </>
  );
}
