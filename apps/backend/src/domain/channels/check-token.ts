import { AppError } from '@agentbot/contracts';
import { z } from 'zod';
import type { Context } from '../context.ts';

const TIMEOUT_MS = 8_000;

interface Question {
  url: string;
  headers: Record<string, string>;
  /** Whose bot it is, in an answer of success. */
  account: (body: unknown) => string;
}

const telegramUser = z.object({ result: z.object({ username: z.string() }) });
const discordUser = z.object({ username: z.string() });

/** @see https://core.telegram.org/bots/api#getme @see https://discord.com/developers/docs/resources/user#get-current-user */
function questionOf(config: Context['config'], channel: 'telegram' | 'discord', token: string): Question {
  if (channel === 'discord') {
    return {
      url: `${config.DISCORD_API_BASE}/users/@me`,
      headers: { authorization: `Bot ${token}` },
      account: (body) => discordUser.parse(body).username,
    };
  }
  return {
    url: `${config.TELEGRAM_API_BASE}/bot${encodeURIComponent(token).replaceAll('%3A', ':')}/getMe`,
    headers: {},
    account: (body) => `@${telegramUser.parse(body).result.username}`,
  };
}

/**
 * Asks a channel whose a bot's token is.
 * @throws AppError INVALID_REQUEST when it knows no such token, CHANNEL_UNAVAILABLE when it does not answer
 */
export async function checkChannelToken({ config }: Pick<Context, 'config'>, channel: 'telegram' | 'discord', token: string) {
  const name = channel === 'telegram' ? 'Telegram' : 'Discord';
  const { url, headers, account } = questionOf(config, channel, token);
  // No cause goes along: the address of Telegram's has the token in it.
  const unavailable = () => new AppError('CHANNEL_UNAVAILABLE', `${name} cannot be asked right now: try again in a moment`);
  const answer = await fetch(url, { headers, redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(() => {
    throw unavailable();
  });
  const body = await answer.json().catch(() => undefined);
  // Telegram says 404 of a token that has not even the form of one.
  if ([400, 401, 403, 404].includes(answer.status)) throw new AppError('INVALID_REQUEST', `${name} does not know this token`);
  if (answer.status !== 200) throw unavailable();
  try {
    return account(body);
  } catch {
    throw unavailable();
  }
}
