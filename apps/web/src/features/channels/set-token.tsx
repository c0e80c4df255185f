'use client';

import type { AgentOverview } from '@agentbot/contracts';
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

/** When an agent starts to use a new token: the same rule as in the backend. */
function whenUsed({ status, runtime }: AgentOverview): string {
  if (runtime !== 'container') return 'the agent uses it once it runs in a container';
  return status === 'stopped' ? 'the agent uses it after its next start' : 'the agent restarts to use it';
}

/** Sets or deletes the token of a channel, or the two of Slack. A running agent restarts to use it. */
export function SetToken({ agent, channel, connected, onChanged }: Props) {
  const checks = useTokenChecks();
  const [busy, setBusy] = useState(false);
  const [saves, setSaves] = useState(0);
  const name = channelNames[channel];
  const tokens = channel === 'slack' ? 'tokens' : 'token';
  // The API takes any word as the token of WhatsApp.
  const isSwitch = channel === 'whatsapp';
  const deleted = isSwitch ? '' : `The ${name} ${tokens} ${channel === 'slack' ? 'are' : 'is'} deleted. `;

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
      pending: isSwitch ? `Connecting ${name}…` : `Saving the ${name} ${tokens}…`,
      success: `${name} is set; ${whenUsed(agent)}`,
    };
    if ((await areValid(value, appToken)) && (await acceptedWithToast(setToken({ value, ...(appToken && { appToken }) }), text))) {
      setSaves(saves + 1);
      void onChanged();
    }
    setBusy(false);
  }
  async function disconnect() {
    const accepted = await acceptedWithToast(setToken(), { pending: `Disconnecting ${name}…`, success: `${name} is disconnected` });
    await onChanged();
    return accepted;
  }
  return (
    <form method="post" key={saves} onSubmit={save} className="space-y-2">
      {channel === 'whatsapp' ? (
        !connected && <p className="text-muted text-sm">You link your account by QR code afterwards.</p>
      ) : channel === 'slack' ? (
        <>
          <SlackFields agentName={agent.name} names={{ bot: 'token', app: 'appToken' }} required checks={checks} />
          <p className="text-muted text-sm">
            The agent answers its owners. Add your Slack member ID to the owner IDs in the{' '}
            <Link href={`/agents/${agent.id}/configuration`} className="text-accent underline">
              configuration
            </Link>
            .
          </p>
        </>
      ) : (
        <BotFields channel={channel} name="token" checks={checks} />
      )}
      <div className="flex flex-wrap gap-2">
        {!(isSwitch && connected) && (
          <Button type="submit" kind="plain" busy={busy}>
            {connected ? `Replace the ${tokens}` : `Connect ${name}`}
          </Button>
        )}
        {connected && (
          <ConfirmButton
            action="Disconnect"
            title={`Disconnect ${name}?`}
            description={`${deleted}The agent no longer answers on ${name}.`}
            confirm={`Disconnect ${name}`}
            onConfirm={disconnect}
          />
        )}
      </div>
    </form>
  );
}
