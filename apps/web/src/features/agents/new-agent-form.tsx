'use client';

import { useRouter } from 'next/navigation';
import { type FormEvent, useState } from 'react';
import { useSWRConfig } from 'swr';
import { Button } from '../../components/ui/button.tsx';
import { Choice, Field } from '../../components/ui/field.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { PlanNotice } from '../account/plan-notice.tsx';
import { useMe } from '../account/use-me.ts';
import { api, sentenceOf } from '../api.ts';

type Body = Parameters<typeof api<'provisionAgent'>>[1]['body'];

/** Only what was filled in: an empty field is not a setting. */
function bodyOf(form: FormData): Body {
  const text = (key: string) => String(form.get(key) ?? '').trim() || undefined;
  const model = text('model') as NonNullable<Body['model']>;
  const config = {
    ...(model === 'custom' && { baseUrl: text('baseUrl'), model: text('modelId') }),
    apiKey: text('apiKey'),
    telegramToken: text('telegramToken'),
    discordBotToken: text('discordBotToken'),
    whatsappToken: text('whatsappToken'),
  };
  return { name: text('name') ?? '', model, config, ...(text('tier') && { tier: text('tier') as NonNullable<Body['tier']> }) };
}

/** One page that makes an agent. */
export function NewAgentForm() {
  const router = useRouter();
  const { mutate } = useSWRConfig();
  const { data: me } = useMe();
  const [model, setModel] = useState('claude-opus-4-6');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    setBusy(true);
    setProblem('');
    try {
      const { agent } = await api('provisionAgent', { body: bodyOf(new FormData(event.currentTarget)) });
      await Promise.all([mutate('agents'), mutate('me')]);
      router.push(`/agents/${agent.id}`);
    } catch (error) {
      setProblem(sentenceOf(error));
      setBusy(false);
    }
  }

  return (
    <div className="mx-auto max-w-lg">
      <h1 className="mb-1 font-semibold text-2xl">New agent</h1>
      <p className="mb-6 text-muted text-sm">
        {me ? `You have ${me.agentCount} of ${me.agentLimit} agents. ` : ''}It starts in a container of its own, usually within half a
        minute.
      </p>
      <PlanNotice />
      <form onSubmit={submit} className="space-y-4 rounded-xl border border-line bg-surface p-5">
        <Field label="Name" name="name" required maxLength={100} placeholder="Support assistant" />
        <Choice
          label="Model"
          name="model"
          value={model}
          onChange={(event) => setModel(event.target.value)}
          options={[
            ['claude-opus-4-6', 'Claude Opus 4.6 (Anthropic)'],
            ['gpt-4', 'GPT-4 (through OpenRouter)'],
            ['custom', 'Custom: any OpenAI-compatible endpoint'],
          ]}
        />
        {model === 'custom' && (
          <>
            <Field label="Base URL" name="baseUrl" type="url" required placeholder="https://models.example.com/v1" />
            <Field label="Model ID" name="modelId" required placeholder="llama-3.3-70b" />
          </>
        )}
        <Field label="API key" name="apiKey" type="password" autoComplete="off" hint="Stored encrypted and never shown again" />
        <details className="rounded-lg border border-line px-3 py-2">
          <summary className="cursor-pointer font-medium text-sm">Channels (optional)</summary>
          <div className="mt-3 space-y-4 pb-1">
            <Field label="Telegram bot token" name="telegramToken" type="password" autoComplete="off" />
            <Field label="Discord bot token" name="discordBotToken" type="password" autoComplete="off" />
            <Field label="WhatsApp token" name="whatsappToken" type="password" autoComplete="off" />
          </div>
        </details>
        <Choice
          label="Size"
          name="tier"
          options={[
            ['', 'As my plan gives'],
            ['starter', 'Starter: 2 GiB, 1 CPU'],
            ['pro', 'Pro: 4 GiB, 2 CPUs'],
            ['enterprise', 'Enterprise: 16 GiB, 4 CPUs'],
          ]}
        />
        <Problem>{problem}</Problem>
        <Button type="submit" className="w-full" disabled={busy} aria-busy={busy}>
          {busy ? 'Creating…' : 'Create agent'}
        </Button>
        <p aria-live="polite" className="text-center text-muted text-sm empty:hidden">
          {busy && 'Your agent is being set up. This page moves on as soon as it is there.'}
        </p>
      </form>
    </div>
  );
}
