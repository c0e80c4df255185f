'use client';

import type { AgentOverview } from '@agentbot/contracts';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import Link from 'next/link';
import { type FormEvent, useState } from 'react';
import { channelNames } from '../../components/agent/channel-names.ts';
import { BotFields } from '../../components/agent/channel-steps.tsx';
import { SlackFields } from '../../components/agent/slack-fields.tsx';
import { useTokenChecks } from '../../components/agent/use-token-checks.ts';
import { Button } from '../../components/ui/button.tsx';
import { ConfirmButton } from '../../components/ui/confirm-button.tsx';
import { api } from '../../lib/api/client.ts';
import { acceptedWithToast } from '../../lib/toast/with-toast.ts';

interface Props {
  agent: AgentOverview;
  channel: keyof typeof channelNames;
  connected: boolean;
  onChanged: () => Promise<unknown>;
}

/** Says that a channel is set, and when the agent starts to use it: the same rule as in the backend. */
function isSet(name: string, { status, runtime }: AgentOverview): string {
  if (runtime !== 'container') return t`${name} is set; the agent uses it once it runs in a container`;
  return status === 'stopped' ? t`${name} is set; the agent uses it after its next start` : t`${name} is set; the agent restarts to use it`;
}

/** What a disconnected channel loses: its token, of which Slack has two and WhatsApp none. */
function lossOf(channel: keyof typeof channelNames): string {
  const name = channelNames[channel];
  if (channel === 'whatsapp') return t`The agent no longer answers on ${name}.`;
  return channel === 'slack'
    ? t`The ${name} tokens are deleted. The agent no longer answers on ${name}.`
    : t`The ${name} token is deleted. The agent no longer answers on ${name}.`;
}

/** Sets or deletes the token of a channel, or the two of Slack. A running agent restarts to use it. */
export function SetToken({ agent, channel, connected, onChanged }: Props) {
  const checks = useTokenChecks();
  const [busy, setBusy] = useState(false);
  const [saves, setSaves] = useState(0);
  const name = channelNames[channel];
  // The API takes any word as the token of WhatsApp.
  const isSwitch = channel === 'whatsapp';

  const setToken = (tokens: { value?: string; appToken?: string } = {}) =>
    api('tellAgent', { body: { action: 'set-credential', agentId: agent.id, key: channel, ...tokens } });
  async function areValid(value: string, appToken: string): Promise<boolean> {
    if (channel === 'whatsapp') return true;
    const checked = [checks.check(channel, value), ...(channel === 'slack' ? [checks.check('slack-app', appToken)] : [])];
    return !(await Promise.all(checked)).includes(false);
  }
  async function save(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const value = isSwitch ? 'on' : String(form.get('token') ?? '').trim();
    const appToken = String(form.get('appToken') ?? '').trim();
    if (!value || (channel === 'slack' && !appToken)) return;
    setBusy(true);
    const text = {
      pending: isSwitch ? t`Connecting ${name}…` : channel === 'slack' ? t`Saving the ${name} tokens…` : t`Saving the ${name} token…`,
      success: isSet(name, agent),
    };
    if ((await areValid(value, appToken)) && (await acceptedWithToast(setToken({ value, ...(appToken && { appToken }) }), text))) {
      setSaves(saves + 1);
      void onChanged();
    }
    setBusy(false);
  }
  async function disconnect() {
    const accepted = await acceptedWithToast(setToken(), { pending: t`Disconnecting ${name}…`, success: t`${name} is disconnected` });
    await onChanged();
    return accepted;
  }
  return (
    <form method="post" key={saves} onSubmit={save} className="space-y-2">
      {channel === 'whatsapp' ? (
        !connected && (
          <p className="text-muted text-sm">
            <Trans>You link your account by QR code afterwards.</Trans>
          </p>
        )
      ) : channel === 'slack' ? (
        <>
          <SlackFields agentName={agent.name} names={{ bot: 'token', app: 'appToken' }} required checks={checks} />
          <p className="text-muted text-sm">
            <Trans>
              The agent answers its owners. Add your Slack member ID to the owner IDs in the{' '}
              <Link href={`/agents/${agent.id}/configuration`} className="text-accent underline">
                configuration
              </Link>
              .
            </Trans>
          </p>
        </>
      ) : (
        <BotFields channel={channel} name="token" checks={checks} />
      )}
      <div className="flex flex-wrap gap-2">
        {!(isSwitch && connected) && (
          <Button type="submit" kind="plain" busy={busy}>
            {!connected ? t`Connect ${name}` : channel === 'slack' ? t`Replace the tokens` : t`Replace the token`}
          </Button>
        )}
        {connected && (
          <ConfirmButton
            action={t`Disconnect`}
            title={t`Disconnect ${name}?`}
            description={lossOf(channel)}
            confirm={t`Disconnect ${name}`}
            onConfirm={disconnect}
          />
        )}
      </div>
    </form>
  );
}
