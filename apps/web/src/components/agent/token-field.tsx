'use client';

import { CircleCheck } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../ui/button.tsx';
import { Field } from '../ui/field.tsx';
import { channelNames } from './channel-names.ts';
import type { TokenChecks } from './use-token-checks.ts';

interface Props {
  channel: 'telegram' | 'discord';
  name: string;
  checks: TokenChecks;
}
const hints = {
  telegram: 'From @BotFather on Telegram, after /newbot',
  discord: 'From the Discord developer portal, under Bot',
};

/** The field of a bot token, which the channel's API checks before it is saved. */
export function TokenField({ channel, name, checks }: Props) {
  const [value, setValue] = useState('');
  const { account, problem, busy } = checks.of(channel, value);
  return (
    <div className="space-y-2">
      <Field
        label={`${channelNames[channel]} bot token`}
        name={name}
        type="password"
        autoComplete="off"
        value={value}
        problem={problem}
        hint={hints[channel]}
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
