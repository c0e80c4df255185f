'use client';

import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import useSWR, { useSWRConfig } from 'swr';
import { PlanField } from '../../components/agent/plan-field.tsx';
import { Button } from '../../components/ui/button.tsx';
import { Card } from '../../components/ui/card.tsx';
import { Field, SelectField } from '../../components/ui/field.tsx';
import { Loading } from '../../components/ui/loading.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { api } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';
import { useAgent } from '../../lib/hooks/use-agent.ts';
import { hasKeyFor, useProviderKeys } from '../../lib/hooks/use-provider-keys.ts';
import { useUnsavedWarning } from '../../lib/hooks/use-unsaved-warning.ts';
import type { Options } from '../../lib/options.ts';
import { type Provider, providers } from '../../lib/providers.ts';
import { withToast } from '../../lib/toast/with-toast.ts';
import { type Changes, CUSTOM, DEMO, keyHint, originOf, readChanges } from './config-changes.ts';
import { KeyInUse } from './key-in-use.tsx';
import { ModelField } from './model-field.tsx';
import { TestModel } from './test-model.tsx';
import { Unapplied } from './unapplied.tsx';

const options = (): Options => [...providers, [CUSTOM, t`Custom endpoint: OpenAI-compatible`]];

/** The configuration form: provider, model, endpoint, plan, owners. */
export function Configuration({ id }: { id: string }) {
  const { data: agent, mutate: refresh } = useAgent(id);
  const { data, error, mutate } = useSWR(['config', id], () => api('getAgentConfig', { params: { id } }), { revalidateOnFocus: false });
  const { data: known } = useProviderKeys();
  const { mutate: reload } = useSWRConfig();
  const [problems, setProblems] = useState<Changes['problems']>({});
  const [busy, setBusy] = useState(false);
  // The result of a test is that of the saved configuration: each save removes it.
  const [saves, setSaves] = useState(0);
  // Unsaved values.
  const [selected, select] = useState<string>();
  const [address, setAddress] = useState<string>();
  const [dirty, setDirty] = useState(false);
  const [discards, setDiscards] = useState(0);
  useUnsavedWarning(dirty);
  // Another page or client may save the configuration: read it again when the agent's model changes.
  const current = agent && `${agent.aiProvider} ${agent.model}`;
  const seen = useRef(current);
  useEffect(() => {
    if (seen.current && current !== seen.current) void mutate();
    seen.current = current;
  }, [current, mutate]);
  if (error && !data) return <Problem onRetry={() => mutate()}>{errorMessage(error)}</Problem>;
  if (!data || !agent) return <Loading rows={1} className="h-96" />;
  const { config } = data;
  const saved = config.baseUrl ? CUSTOM : (config.aiProvider ?? agent.aiProvider);
  const provider = selected ?? saved;
  const isCustom = provider === CUSTOM;
  const isDemo = provider === DEMO;
  const changesProvider = provider !== saved;
  const hasOtherKey = hasKeyFor(known, provider);
  const needsKey = changesProvider && !isCustom && !isDemo && !hasOtherKey;
  const dropsKey = changesProvider || (isCustom && address !== undefined && originOf(address) !== originOf(config.baseUrl));

  async function save(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    const read = readChanges(new FormData(form), config, needsKey);
    setProblems(read.problems);
    if (Object.keys(read.problems).length) return;
    setBusy(true);
    const text = { pending: t`Saving the configuration…`, success: t`The configuration is saved` };
    if (await withToast(api('updateAgentConfig', { params: { id }, body: { config: read.config } }), text)) {
      await Promise.all([mutate(), refresh(), reload(['model-key', id])]);
      setSaves(saves + 1);
      select(undefined);
      setAddress(undefined);
      setDirty(false);
    }
    setBusy(false);
  }
  function discard() {
    select(undefined);
    setAddress(undefined);
    setProblems({});
    setDirty(false);
    setDiscards(discards + 1);
  }
  async function apply() {
    setBusy(true);
    const text = { pending: t`Applying the configuration…`, success: t`The agent is running with the new configuration` };
    await withToast(api('applyAgentConfig', { params: { id } }), text);
    await refresh();
    setBusy(false);
  }

  return (
    <div className="max-w-2xl space-y-4">
      <Card
        title={t`Configuration`}
        description={t`Fields that you do not change keep their values. OpenClaw validates the whole configuration before the agent uses it.`}
      >
        <form
          method="post"
          onSubmit={save}
          onInput={() => setDirty(true)}
          key={`${JSON.stringify(config)} ${discards}`}
          className="space-y-4"
        >
          <SelectField
            label={t`Provider`}
            name="aiProvider"
            value={provider}
            onChange={(event) => select(event.target.value)}
            options={saved === DEMO ? [...options(), [DEMO, t`Demo: repeats what you write`]] : options()}
          />
          {isCustom && (
            <Field
              label={t`Base URL`}
              name="baseUrl"
              type="url"
              required
              defaultValue={config.baseUrl}
              onChange={(event) => setAddress(event.target.value)}
              problem={problems.baseUrl}
              hint={t`An OpenAI-compatible endpoint, such as https://models.example.com/v1`}
            />
          )}
          {!isDemo && (
            <>
              <ModelField
                // Model IDs are specific to the provider: reset the field when the provider changes.
                key={provider}
                agentId={id}
                otherProvider={changesProvider && !isCustom ? (provider as Provider) : undefined}
                listOf={isCustom && dropsKey ? undefined : `${saved} ${config.baseUrl ?? ''}`}
                defaultValue={changesProvider ? '' : config.model}
                required={isCustom}
                problem={problems.model}
                hint={
                  isCustom ? t`The name that your endpoint uses` : t`The name that the provider uses. Leave empty for its default model`
                }
              />
              <Field
                label={t`New API key`}
                name="apiKey"
                type="password"
                autoComplete="off"
                required={needsKey}
                problem={problems.apiKey}
                hint={keyHint(needsKey, dropsKey, hasOtherKey)}
              />
            </>
          )}
          <Field
            label={t`Owner IDs`}
            name="ownerIds"
            defaultValue={config.ownerIds?.join(', ')}
            problem={problems.ownerIds}
            hint={t`Who may command the agent on its channels: Telegram, Discord, WhatsApp or Slack IDs, separated by commas. On Slack: your profile, ⋮, “Copy member ID”`}
          />
          <Field
            label={t`Allowed domains`}
            name="allowedDomains"
            defaultValue={config.allowedDomains?.join(', ')}
            problem={problems.allowedDomains}
            hint={t`Domains that the agent may reach, separated by commas. Its model and channels are always allowed. Leave empty to allow all domains`}
          />
          <PlanField saved={config.plan ?? agent.plan} />
          <div className="flex flex-wrap items-center gap-3">
            <Button type="submit" busy={busy}>
              <Trans>Save configuration</Trans>
            </Button>
            {dirty && (
              <Button kind="plain" onClick={discard}>
                <Trans>Discard changes</Trans>
              </Button>
            )}
            <span className="text-muted text-sm" role="status">
              {dirty ? t`Unsaved changes` : ''}
            </span>
          </div>
        </form>
        {agent.differences.length > 0 && agent.status !== 'stopped' && <Unapplied agent={agent} busy={busy} onApply={apply} />}
      </Card>
      <KeyInUse id={id} />
      <TestModel key={saves} id={id} />
    </div>
  );
}
