'use client';

import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { ReactNode } from 'react';
import { TokenField } from './token-field.tsx';
import type { TokenChecks } from './use-token-checks.ts';

/** Numbered steps; each is a `Step`. */
export function Steps({ children }: { children: ReactNode }) {
  return <ol className="list-decimal space-y-4 pl-5 text-sm marker:text-muted">{children}</ol>;
}

export function Step({ title, children }: { title: string; children: ReactNode }) {
  return (
    <li className="space-y-2">
      <p className="font-medium">{title}</p>
      {children}
    </li>
  );
}

/** A link to a page of the channel, in a new tab. */
export function ChannelLink({ href, children }: { href: string; children: ReactNode }) {
  return (
    <a href={href} target="_blank" rel="noreferrer" className="text-accent underline">
      {children}
    </a>
  );
}

interface Props {
  name: string;
  checks: TokenChecks;
}

/** The steps that connect a Telegram bot. */
function TelegramFields({ name, checks }: Props) {
  return (
    <Steps>
      <Step title={t`Create a bot`}>
        <p className="text-muted">
          <Trans>
            Open <ChannelLink href="https://t.me/BotFather">@BotFather</ChannelLink> on Telegram and send it <code>/newbot</code>. It asks
            for a name, then for a user name that ends with “bot”.
          </Trans>
        </p>
      </Step>
      <Step title={t`Copy its token`}>
        <TokenField channel="telegram" name={name} checks={checks} />
      </Step>
    </Steps>
  );
}

/** The steps that connect a Discord bot. */
function DiscordFields({ name, checks }: Props) {
  return (
    <Steps>
      <Step title={t`Create a bot`}>
        <p className="text-muted">
          <Trans>
            In <ChannelLink href="https://discord.com/developers/applications">Discord’s developer portal</ChannelLink>, create an
            application and open “Bot”. Switch on “Message Content Intent”.
          </Trans>
        </p>
      </Step>
      <Step title={t`Copy its token`}>
        <p className="text-muted">
          <Trans>“Reset Token” shows it.</Trans>
        </p>
        <TokenField channel="discord" name={name} checks={checks} />
      </Step>
      <Step title={t`Invite the bot`}>
        <p className="text-muted">
          <Trans>
            Under “OAuth2”, generate a URL with the scope <code>bot</code> and the permissions “Send Messages” and “Read Message History”,
            and open it.
          </Trans>
        </p>
      </Step>
    </Steps>
  );
}

/** The steps that connect a bot of Telegram or Discord. @param name the name of the token's field in its form */
export function BotFields({ channel, ...rest }: Props & { channel: 'telegram' | 'discord' }) {
  return channel === 'telegram' ? <TelegramFields {...rest} /> : <DiscordFields {...rest} />;
}
