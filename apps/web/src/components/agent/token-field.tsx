'use client';

import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { CircleCheck } from 'lucide-react';
import { useState } from 'react';
import { say } from '../../lib/language/texts.ts';
import { Button } from '../ui/button.tsx';
import { Field } from '../ui/field.tsx';
import type { CheckedChannel, TokenChecks } from './use-token-checks.ts';

interface Props {
  channel: CheckedChannel;
  name: string;
  required?: boolean;
  checks: TokenChecks;
}
const texts: Record<CheckedChannel, { label: MessageDescriptor; hint?: MessageDescriptor }> = {
  telegram: { label: msg`Telegram bot token`, hint: msg`BotFather’s last message has it` },
  discord: { label: msg`Discord bot token` },
  slack: { label: msg`Slack bot token`, hint: msg`The Bot User OAuth Token, which begins with xoxb-` },
  'slack-app': { label: msg`Slack app-level token`, hint: msg`It begins with xapp-` },
};

/** The field of a channel's token, which the channel's API checks before it is saved. */
export function TokenField({ channel, name, required, checks }: Props) {
  const [value, setValue] = useState('');
  const { label, hint } = texts[channel];
  const { account, problem, busy } = checks.of(channel, value);
  return (
    <div className="space-y-2">
      <Field
        label={say(label)}
        name={name}
        type="password"
        autoComplete="off"
        required={required}
        value={value}
        problem={problem}
        hint={hint && say(hint)}
        onChange={(event) => setValue(event.target.value.trim())}
        onBlur={() => value && checks.check(channel, value)}
      />
      <div className="flex min-h-8 flex-wrap items-center gap-3 text-sm" aria-live="polite">
        <Button kind="plain" size="small" busy={busy} disabled={!value} onClick={() => checks.check(channel, value)}>
          <Trans>Check token</Trans>
        </Button>
        {account && (
          <span className="flex items-center gap-1.5 text-good">
            <CircleCheck aria-hidden className="size-4" /> <Trans>This is {account}</Trans>
          </span>
        )}
      </div>
    </div>
  );
}
