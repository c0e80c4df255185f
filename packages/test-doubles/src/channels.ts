import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Docker from 'dockerode';
import { generate } from 'selfsigned';
import { pack } from 'tar-stream';
import type { DiscordCall } from './channels/discord.ts';
import type { SlackCall, SlackWritten } from './channels/slack.ts';
import type { BotCall, Written } from './channels/telegram.ts';

const FOLDER = '/app/channels';
const ADDRESSES = ['api.telegram.org', 'web.whatsapp.com', 'discord.com', 'gateway.discord.gg', 'slack.com', 'wss-primary.slack.com'];
const sources = [
  ...['servers.ts', 'telegram.ts', 'telegram-bot.ts', 'telegram-text.ts', 'whats-app.ts'],
  ...['discord.ts', 'discord-gateway.ts', 'slack.ts', 'slack-socket.ts'],
];

interface Options {
  /** With Node.js and the package `ws` in /app, which any OpenClaw image is. */
  image: string;
  labels: Record<string, string>;
  /** Map tokens to the bots' names. */
  telegram?: Record<string, string>;
  discord?: Record<string, string>;
  /** Maps tokens of bots to their apps. */
  slack?: Record<string, { name: string; appToken: string }>;
}

/**
 * Telegram, Discord, Slack and WhatsApp for containers: a container that has their host names on every network that it joins.
 */
export async function startChannels({ image, labels, telegram = {}, discord = {}, slack = {} }: Options) {
  const docker = new Docker();
  const extensions = [{ name: 'subjectAltName' as const, altNames: ADDRESSES.map((value) => ({ type: 2 as const, value })) }];
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'channels' }], { keySize: 2048, extensions });
  const container = await docker.createContainer({
    Image: image,
    Labels: labels,
    User: '0:0',
    Entrypoint: ['node', `${FOLDER}/servers.ts`],
    Cmd: [],
    WorkingDir: FOLDER,
    ExposedPorts: { '8080/tcp': {} },
    HostConfig: { PortBindings: { '8080/tcp': [{ HostIp: '127.0.0.1', HostPort: '0' }] } },
  });
  const tar = pack();
  for (const name of sources) tar.entry({ name }, await readFile(join(import.meta.dirname, 'channels', name), 'utf8'));
  tar.entry({ name: 'package.json' }, '{"type":"module"}');
  tar.entry({ name: 'bots.json' }, JSON.stringify({ telegram, discord, slack }));
  tar.entry({ name: 'key.pem' }, key);
  tar.entry({ name: 'certificate.pem' }, cert);
  tar.finalize();
  await container.putArchive(tar as unknown as NodeJS.ReadableStream, { path: FOLDER });
  await container.start();
  const port = (await container.inspect()).NetworkSettings.Ports['8080/tcp']?.[0]?.HostPort;
  const control = `http://127.0.0.1:${port}`;
  while (!(await fetch(control).then(Boolean, () => false))) {
    if (!(await container.inspect()).State.Running) throw new Error(String(await container.logs({ stdout: true, stderr: true })));
    await sleep(100);
  }
  return {
    /** The certificate in PEM that containers must trust. */
    certificate: cert,
    /** Joins a network under the channels' host names. */
    join: (network: string) => docker.getNetwork(network).connect({ Container: container.id, EndpointConfig: { Aliases: ADDRESSES } }),
    leave: (network: string) => docker.getNetwork(network).disconnect({ Container: container.id, Force: true }),
    /** Sends a person's message to the bot with a token, or to the first one. */
    write: (message: Written & { token?: string }) => fetch(control, { method: 'POST', body: JSON.stringify(message) }),
    /** The bot's calls, without its polling. */
    calls: async () => (await (await fetch(control)).json()) as BotCall[],
    /** The same for the bot on Discord. */
    discord: {
      write: (message: { from: string; text: string; inChannel?: boolean }) =>
        fetch(`${control}/discord`, { method: 'POST', body: JSON.stringify(message) }),
      calls: async () => (await (await fetch(`${control}/discord`)).json()) as DiscordCall[],
    },
    /** The same for the bots on Slack. */
    slack: {
      write: (message: SlackWritten) => fetch(`${control}/slack`, { method: 'POST', body: JSON.stringify(message) }),
      calls: async () => (await (await fetch(`${control}/slack`)).json()) as SlackCall[],
      /** The tokens of the bots whose apps have a socket. */
      connected: async () => (await (await fetch(`${control}/slack/connected`)).json()) as string[],
    },
    close: () => container.remove({ force: true, v: true }),
  };
}
