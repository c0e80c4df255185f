import { readFileSync } from 'node:fs';
import { createServer as createControl } from 'node:http';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { WebSocketServer } from 'ws';
import { createDiscord } from './discord.ts';
import { createSlack } from './slack.ts';
import { createTelegram } from './telegram.ts';
import { welcomeDevice } from './whats-app.ts';

/** Runs in a container: Telegram, Discord, Slack and WhatsApp listen on port 443, the control API of the tests on 8080. */

const here = import.meta.dirname;
const read = (name: string) => readFileSync(join(here, name), 'utf8');
interface Bots {
  telegram: Record<string, string>;
  discord: Record<string, string>;
  slack: Parameters<typeof createSlack>[0]['apps'];
}
const bots: Bots = JSON.parse(read('bots.json'));
const telegram = createTelegram(bots.telegram);
const discord = createDiscord({ bots: bots.discord, gatewayUrl: () => 'wss://gateway.discord.gg' });
const slack = createSlack({ apps: bots.slack, socketUrl: () => 'wss://wss-primary.slack.com' });

const isDiscord = (host = '') => /(^|\.)discord\.(com|gg)$/.test(host);
const isSlack = (host = '') => /(^|\.)slack\.com$/.test(host);
const tls = createServer({ key: read('key.pem'), cert: read('certificate.pem') }, (request, response) => {
  const { host } = request.headers;
  const service = isDiscord(host) ? discord : isSlack(host) ? slack : telegram;
  service.answer(request, response).catch(() => response.destroy());
});
new WebSocketServer({ server: tls }).on('connection', (socket, { headers, url }) => {
  if (isDiscord(headers.host)) discord.connect(socket, url ?? '/');
  else if (isSlack(headers.host)) slack.connect(socket, url ?? '/');
  else welcomeDevice(socket, 'reference-of-the-double-');
});
tls.listen(443);

createControl(async (request, response) => {
  if (request.method === 'POST') {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    const { token, ...message } = JSON.parse(text);
    if (request.url === '/discord') discord.write(message);
    else if (request.url === '/slack') slack.write({ ...message, token });
    else telegram.write(message, token);
  }
  const connected = { calls: Object.keys(bots.slack).filter((token) => slack.isConnected(token)) };
  const { calls } = { '/discord': discord, '/slack': slack, '/slack/connected': connected }[request.url ?? ''] ?? telegram;
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(calls));
}).listen(8080);
