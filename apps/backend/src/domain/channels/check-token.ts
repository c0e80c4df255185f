import { AppError } from '@agentbot/contracts';
import { z } from 'zod';
import type { Context } from '../context.ts';

const TIMEOUT_MS = 8_000;

type Slice = Pick<Context, 'config'>;
type CheckedChannel = 'telegram' | 'discord' | 'slack' | 'slack-app';

interface TokenProbe {
  /** The channel's name in sentences. */
  name: string;
  url: string;
  method?: 'POST';
  headers: Record<string, string>;
  /** Why the channel rejects the token, as a sentence; undefined when the response says nothing about the token. */
  rejection: (status: number, body: unknown) => string | undefined;
  /** Reads the name of the bot's account, or of the app, from a successful response. */
  accountIn: (body: unknown) => string;
}

const telegramUser = z.object({ result: z.object({ username: z.string() }) });
const discordUser = z.object({ username: z.string() });
const slackBot = z.object({ ok: z.literal(true), user: z.string(), team: z.string(), bot_id: z.string() });
const slackSocket = z.object({ ok: z.literal(true), url: z.url() });
const slackRefusal = z.object({ ok: z.literal(false), error: z.string() });

/** Slack's errors that mean a token it does not know, or no longer accepts. */
const unknownToSlack = ['invalid_auth', 'not_authed', 'account_inactive', 'token_revoked', 'token_expired', 'user_removed_from_team'];

const isUnknown = (name: string, statuses: number[]) => (status: number) =>
  statuses.includes(status) ? `${name} does not know this token` : undefined;

/** Slack answers 200 to a call that it refuses, and names its reason in the body. */
function slackRejection(body: unknown, kind: string): string | undefined {
  const { data } = slackRefusal.safeParse(body);
  if (!data) return undefined;
  if (unknownToSlack.includes(data.error)) return 'Slack does not know this token, or it was revoked';
  if (data.error === 'not_allowed_token_type') return `This is another kind of Slack token: ${kind} is needed here`;
  if (data.error === 'missing_scope') return 'The token lacks the scope connections:write: generate an app-level token with this scope';
  return undefined;
}

/**
 * @see https://core.telegram.org/bots/api#getme @see https://discord.com/developers/docs/resources/user#get-current-user
 * @see https://docs.slack.dev/reference/methods/auth.test @see https://docs.slack.dev/reference/methods/apps.connections.open
 */
function probeOf(config: Slice['config'], channel: CheckedChannel, token: string): TokenProbe {
  switch (channel) {
    case 'discord':
      return {
        name: 'Discord',
        url: `${config.DISCORD_API_BASE}/users/@me`,
        // Discord blocks clients that do not name themselves in this form.
        headers: { authorization: `Bot ${token}`, 'user-agent': `DiscordBot (${config.DASHBOARD_URL}, 1.0)` },
        rejection: isUnknown('Discord', [401]),
        accountIn: (body) => discordUser.parse(body).username,
      };
    case 'slack':
      return {
        name: 'Slack',
        url: `${config.SLACK_API_BASE}/auth.test`,
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
        rejection: (_status, body) => slackRejection(body, 'the Bot User OAuth Token (xoxb-…)'),
        accountIn: (body) => {
          const { user, team } = slackBot.parse(body);
          return `@${user} in ${team}`;
        },
      };
    case 'slack-app':
      return {
        name: 'Slack',
        // Returns the address of a socket, and connects nothing.
        url: `${config.SLACK_API_BASE}/apps.connections.open`,
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
        rejection: (_status, body) => slackRejection(body, 'an app-level token (xapp-…)'),
        accountIn: (body) => `the app ${z.string().parse(new URL(slackSocket.parse(body).url).searchParams.get('app_id'))}`,
      };
    case 'telegram':
      return {
        name: 'Telegram',
        url: `${config.TELEGRAM_API_BASE}/bot${encodeURIComponent(token).replaceAll('%3A', ':')}/getMe`,
        headers: {},
        // Telegram answers 404 to a malformed token.
        rejection: isUnknown('Telegram', [401, 404]),
        accountIn: (body) => `@${telegramUser.parse(body).result.username}`,
      };
  }
}

/**
 * Checks a token at the channel's API. @returns the name of the bot's account, or of the Slack app
 * @throws AppError INVALID_REQUEST when the channel rejects the token, CHANNEL_UNAVAILABLE when it does not answer
 */
export async function checkChannelToken({ config }: Slice, channel: CheckedChannel, token: string): Promise<string> {
  const { name, url, method = 'GET', headers, rejection, accountIn } = probeOf(config, channel, token);
  // The error has no cause: Telegram's URL contains the token, and the cause is logged.
  const unavailable = () => new AppError('CHANNEL_UNAVAILABLE', `${name} is not available right now: try again in a moment`);
  const response = await fetch(url, { method, headers, redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(() => {
    throw unavailable();
  });
  const body = await response.json().catch(() => undefined);
  const rejected = rejection(response.status, body);
  if (rejected) throw new AppError('INVALID_REQUEST', rejected);
  if (response.status !== 200) throw unavailable();
  try {
    return accountIn(body);
  } catch {
    throw unavailable();
  }
}
