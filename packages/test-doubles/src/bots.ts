import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { createDiscord } from './channels/discord.ts';
import { createSlack } from './channels/slack.ts';
import { createTelegram } from './channels/telegram.ts';

interface Options {
  /** Maps tokens to the bots' names; Telegram answers 500 for the token `1:broken`, and 429 for `1:flooded`. */
  telegram?: Record<string, string>;
  /** Maps tokens to the bots' names; Discord answers 500 for the token `disc.broken`, and 403 for `disc.blocked`. */
  discord?: Record<string, string>;
  /**
   * Maps tokens of bots to their apps. Slack answers 500 for the tokens `xoxb-broken` and `xapp-broken`, and with its own errors
   * for `xoxb-revoked`, `xoxb-kind` and `xapp-unscoped`.
   */
  slack?: Record<string, { name: string; appToken: string }>;
  /** Discord's and Slack's limit of messages per channel. */
  limit?: { messages: number; windowMs: number };
  /** How long Slack waits for an acknowledgement. */
  ackMs?: number;
}

/** Telegram's, Discord's and Slack's APIs for bots, on this machine. */
export async function startBots({ telegram: telegramBots = {}, discord: discordBots = {}, slack: slackApps = {}, limit, ackMs }: Options) {
  const telegram = createTelegram(telegramBots, { '1:broken': 500, '1:flooded': 429 });
  let port = 0;
  const gatewayUrl = () => `ws://127.0.0.1:${port}`;
  const discord = createDiscord({
    bots: discordBots,
    gatewayUrl,
    failures: { 'disc.broken': 500, 'disc.blocked': 403 },
    ...(limit && { limit }),
  });
  const slack = createSlack({
    apps: slackApps,
    socketUrl: () => `${gatewayUrl()}/slack`,
    failures: {
      ...{ 'xoxb-broken': 500, 'xapp-broken': 500 },
      ...{ 'xoxb-revoked': 'token_revoked', 'xoxb-kind': 'not_allowed_token_type', 'xapp-unscoped': 'missing_scope' },
    },
    ...(limit && { limit }),
    ...(ackMs && { ackMs }),
  });
  const server = createServer((request, response) => {
    const service = request.url?.startsWith('/slack/') ? slack : request.url?.startsWith('/api/') ? discord : telegram;
    service.answer(request, response).catch(() => response.destroy());
  });
  const sockets = new WebSocketServer({ server }).on('connection', (socket, { url = '/' }) =>
    (url.startsWith('/slack/') ? slack : discord).connect(socket, url),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
  const address = `http://127.0.0.1:${port}`;
  return {
    settings: { TELEGRAM_API_BASE: address, DISCORD_API_BASE: `${address}/api/v10`, SLACK_API_BASE: `${address}/slack/api` },
    telegram,
    discord,
    slack,
    async close(): Promise<void> {
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
