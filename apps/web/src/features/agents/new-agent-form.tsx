'use client';

import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useRouter } from 'next/navigation';
import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { useSWRConfig } from 'swr';
import { ModelTest } from '../../components/agent/model-test.tsx';
import { useTokenChecks } from '../../components/agent/use-token-checks.ts';
import { Button } from '../../components/ui/button.tsx';
import { PageHeader } from '../../components/ui/card.tsx';
import { Input } from '../../components/ui/field.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { api } from '../../lib/api/client.ts';
import { errorAdvice, errorMessage } from '../../lib/api/errors.ts';
import { useHydrated } from '../../lib/hooks/use-hydrated.ts';
import { useMe } from '../../lib/hooks/use-me.ts';
import { say } from '../../lib/language/texts.ts';
import { CostAndLimit } from './cost-and-limit.tsx';
import { type Template, templates } from './form-options.ts';
import { NewAgentFields } from './new-agent-fields.tsx';
import { provisionBody, testBody } from './provision-body.ts';

function Templates({ chosen, onChoose }: { chosen: string; onChoose: (template: Template) => void }) {
  return (
    <fieldset className="mb-4">
      <legend className="mb-2 font-medium text-sm">
        <Trans>Start with</Trans>
      </legend>
      <div className="grid gap-2 sm:grid-cols-2">
        {templates.map((template) => (
          <label
            key={template.id}
            className="flex cursor-pointer gap-3 rounded-lg border border-line bg-surface p-3 hover:border-muted has-checked:border-accent has-checked:bg-accent-soft"
          >
            <Input
              type="radio"
              name="template"
              className="mt-1 accent-accent"
              checked={template.id === chosen}
              onChange={() => onChoose(template)}
            />
            <span className="min-w-0 text-sm">
              <span className="block font-medium">{say(template.title)}</span>
              <span className="block text-muted text-xs">{say(template.description)}</span>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

interface Props {
  /** Shown above the form: what the account's plan allows. */
  notice: ReactNode;
}

/** The form that provisions an agent, with its templates. */
export function NewAgentForm({ notice }: Props) {
  const router = useRouter();
  const { mutate } = useSWRConfig();
  const hydrated = useHydrated();
  const checks = useTokenChecks();
  const [template, setTemplate] = useState(templates[0] as Template);
  const [busy, setBusy] = useState<'checking' | 'creating'>();
  const [failure, setFailure] = useState<unknown>();
  const { data: me } = useMe();
  const reason = useId();

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const body = provisionBody(new FormData(event.currentTarget));
    setFailure(undefined);
    setBusy('checking');
    const tokens = [
      ['telegram', body.config?.telegramToken],
      ['discord', body.config?.discordBotToken],
      ['slack', body.config?.slackBotToken],
      ['slack-app', body.config?.slackAppToken],
    ] as const;
    const good = await Promise.all(tokens.map(([channel, token]) => !token || checks.check(channel, token)));
    if (good.includes(false)) {
      setFailure(new Error('token'));
      return setBusy(undefined);
    }
    setBusy('creating');
    try {
      const { agent } = await api('provisionAgent', { body: { ...body, wait: false } });
      void mutate('me');
      router.push(`/agents/${agent.id}/chat`);
    } catch (error) {
      setFailure(error);
      setBusy(undefined);
    }
  }

  const refused = failure instanceof Error && failure.message === 'token';
  return (
    <div className="mx-auto max-w-2xl">
      <PageHeader title={t`New agent`} description={t`The agent starts in its own container, usually within 30 seconds.`} />
      {notice}
      <Templates chosen={template.id} onChoose={setTemplate} />
      <form method="post" onSubmit={submit} className="flex flex-col gap-4 rounded-xl border border-line bg-surface p-5">
        <NewAgentFields key={template.id} template={template} checks={checks} />
        <ModelTest
          key={`test ${template.id}`}
          disabled={!hydrated}
          run={(form) => api('testNewModel', { body: testBody(new FormData(form ?? undefined)) })}
        />
        <CostAndLimit />
        {failure !== undefined && (
          <Problem>
            {refused
              ? t`A bot token was refused: correct it, or leave it empty for now.`
              : `${errorMessage(failure)} ${errorAdvice(failure) ?? ''}`}
          </Problem>
        )}
        {me?.needsPlan && (
          <p id={reason} className="text-muted text-sm">
            <Trans>Your account needs a plan before it can create an agent: see the top of this page.</Trans>
          </p>
        )}
        <Button
          type="submit"
          disabled={!hydrated || me?.needsPlan}
          aria-describedby={me?.needsPlan ? reason : undefined}
          busy={busy !== undefined}
        >
          {busy === 'checking' ? t`Checking tokens…` : busy ? t`Creating…` : t`Create agent`}
        </Button>
      </form>
    </div>
  );
}
