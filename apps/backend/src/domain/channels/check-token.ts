import { AppError } from '@agentbot/contracts';
import { z } from 'zod';
import type { Context } from '../context.ts';

const TIMEOUT_MS = 8_000;

interface TokenProbe {
  url: string;
  headers: Record<string, string>;
  /** The statuses that mean an unknown token. */
  unknownToken: number[];
  /** Reads the bot's account name from a successful response. */
  accountIn: (body: unknown) => string;
}

const telegramUser = z.object({ result: z.object({ username: z.string() }) });
const discordUser = z.object({ username: z.string() });

/** @see https://core.telegram.org/bots/api#getme @see https://discord.com/developers/docs/resources/user#get-current-user */
function probeOf(config: Context['config'], channel: 'telegram' | 'discord', token: string): TokenProbe {
  if (channel === 'discord') {
    return {
      url: `${config.DISCORD_API_BASE}/users/@me`,
      // Discord blocks clients that do not name themselves in this form.
      headers: { authorization: `Bot ${token}`, 'user-agent': `DiscordBot (${config.DASHBOARD_URL}, 1.0)` },
      unknownToken: [401],
      accountIn: (body) => discordUser.parse(body).username,
    };
  }
  return {
    url: `${config.TELEGRAM_API_BASE}/bot${encodeURIComponent(token).replaceAll('%3A', ':')}/getMe`,
    headers: {},
    // Telegram answers 404 to a malformed token.
    unknownToken: [401, 404],
    accountIn: (body) => `@${telegramUser.parse(body).result.username}`,
  };
}

/**
 * Checks a bot's token at the channel's API. @returns the name of the bot's account
 * @throws AppError INVALID_REQUEST when the channel rejects the token, CHANNEL_UNAVAILABLE when it does not answer
 */
export async function checkChannelToken({ config }: Pick<Context, 'config'>, channel: 'telegram' | 'discord', token: string) {
  const name = channel === 'telegram' ? 'Telegram' : 'Discord';
  const { url, headers, unknownToken, accountIn } = probeOf(config, channel, token);
  // The error has no cause: Telegram's URL contains the token, and the cause is logged.
  const unavailable = () => new AppError('CHANNEL_UNAVAILABLE', `${name} is not available right now: try again in a moment`);
  const response = await fetch(url, { headers, redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(() => {
    throw unavailable();
  });
  const body = await response.json().catch(() => undefined);
  if (unknownToken.includes(response.status)) throw new AppError('INVALID_REQUEST', `${name} does not know this token`);
  if (response.status !== 200) throw unavailable();
  try {
    return accountIn(body);
  } catch {
    throw unavailable();
  }
}
