import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * The calls of Telegram's and Discord's APIs that identify the bot of a token.
 * @param known maps tokens to the bots' names; Telegram answers 500 for the token `broken`
 * @see https://core.telegram.org/bots/api#getme https://discord.com/developers/docs/resources/user#get-current-user
 */
export async function startBots(known: { telegram?: Record<string, string>; discord?: Record<string, string> }) {
  const server = createServer((request, response) => {
    const say = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    const [, telegramToken] = /^\/bot([^/]+)\/getMe$/.exec(request.url ?? '') ?? [];
    if (telegramToken === 'broken') return say(500, {});
    if (telegramToken) {
      const username = known.telegram?.[telegramToken];
      if (!username) return say(401, { ok: false, error_code: 401, description: 'Unauthorized' });
      return say(200, { ok: true, result: { id: 4711, is_bot: true, first_name: 'Agent', username } });
    }
    const username = known.discord?.[request.headers.authorization?.replace(/^Bot /, '') ?? ''];
    if (request.url === '/api/v10/users/@me' && username) return say(200, { id: '80351110224678912', username, bot: true });
    return say(401, { message: '401: Unauthorized', code: 0 });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    settings: { TELEGRAM_API_BASE: address, DISCORD_API_BASE: `${address}/api/v10` },
    async close(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
