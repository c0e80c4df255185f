'use client';

import { CircleCheck } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../ui/button.tsx';
import { Field } from '../ui/field.tsx';
import type { CheckedChannel, TokenChecks } from './use-token-checks.ts';

interface Props {
  channel: CheckedChannel;
  name: string;
  required?: boolean;
  checks: TokenChecks;
}
const texts: Record<CheckedChannel, { label: string; hint?: string }> = {
  telegram: { label: 'Telegram bot token', hint: 'BotFather’s last message has it' },
  discord: { label: 'Discord bot token' },
  slack: { label: 'Slack bot token', hint: 'The Bot User OAuth Token, which begins with xoxb-' },
  'slack-app': { label: 'Slack app-level token', hint: 'It begins with xapp-' },
};

/** The field of a channel's token, which the channel's API checks before it is saved. */
export function TokenField({ channel, name, required, checks }: Props) {
  const [value, setValue] = useState('');
  const { account, problem, busy } = checks.of(channel, value);
  return (
    <div className="space-y-2">
      <Field
        label={texts[channel].label}
        name={name}
        type="password"
        autoComplete="off"
        required={required}
        value={value}
        problem={problem}
        hint={texts[channel].hint}
        onChange={(event) => setValue(event.target.value.trim())}
        onBlur={() => value && checks.check(channel, value)}
      />
      <div className="flex min-h-8 flex-wrap items-center gap-3 text-sm" aria-live="polite">
        <Button kind="plain" size="small" busy={busy} disabled={!value} onClick={() => checks.check(channel, value)}>
          Check token
        </Button>
        {account && (
          <span className="flex items-center gap-1.5 text-good">
            <CircleCheck aria-hidden className="size-4" /> This is {account}
          </span>
        )}
      </div>
    </div>
  );
}
