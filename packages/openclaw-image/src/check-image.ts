import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from './command.ts';
import type { ChannelPlugin } from './versions.ts';

const script = join(import.meta.dirname, 'check-image.sh');
const READY_MS = 5 * 60_000;
/** Channels start after the port is open. */
const SETTLE_MS = 10_000;

/** The least that each channel's configuration needs. The container has no network, so that no channel connects. */
const channelSettings: Partial<Record<ChannelPlugin, object>> = {
  discord: { enabled: true, token: 'check' },
  whatsapp: { enabled: true },
  slack: { enabled: true, mode: 'socket', botToken: 'xoxb-check', appToken: 'xapp-check' },
};

interface Measured {
  readySeconds: number;
  idleMiB: number;
  imageMB: number;
}

const inspect = (name: string, format: string) => run('docker', ['inspect', '--format', format, name]);

async function awaitReady(container: string): Promise<number> {
  const start = performance.now();
  const probe = ['exec', container, 'wget', '-q', '-O', '/dev/null', 'http://127.0.0.1:18789/healthz'];
  const isReady = () =>
    run('docker', probe, { quiet: true }).then(
      () => true,
      () => false,
    );
  while (!(await isReady())) {
    if ((await inspect(container, '{{.State.Running}}')) !== 'true') {
      throw new Error(`The gateway ended with exit code ${await inspect(container, '{{.State.ExitCode}}')} before it was ready`);
    }
    if (performance.now() - start > READY_MS) throw new Error(`The gateway was not ready after ${READY_MS / 60_000} minutes`);
    await sleep(250);
  }
  return (performance.now() - start) / 1000;
}

/** The memory of a container, from a text such as `669.8MiB / 2GiB`. */
async function memoryOf(container: string): Promise<number> {
  const usage = await run('docker', ['stats', '--no-stream', '--format', '{{.MemUsage}}', container]);
  const [, amount, unit] = /^([\d.]+)([KMG]iB) /.exec(usage) ?? [];
  const factor = { KiB: 1 / 1024, MiB: 1, GiB: 1024 }[unit ?? ''];
  if (factor === undefined) throw new Error(`The engine does not tell the memory: ${usage}`);
  return Number(amount) * factor;
}

/** The plugins whose code the gateway's own listing cannot load. */
async function failedPlugins(container: string, channels: readonly ChannelPlugin[]): Promise<string[]> {
  const listing = await run('docker', ['exec', container, 'openclaw', 'plugins', 'list', '--json'], { quiet: true });
  const { plugins }: { plugins: { id: string; status: string; error?: string }[] } = JSON.parse(listing.slice(listing.indexOf('{')));
  return channels.flatMap((channel) => {
    const plugin = plugins.find(({ id }) => id === channel);
    return plugin?.status === 'loaded' ? [] : [`${channel} is ${plugin ? `${plugin.status} ${plugin.error ?? ''}` : 'missing'}`];
  });
}

/**
 * Starts a gateway of an image, hardened like an agent's, with the channels that the image got as packages.
 * @throws Error with the gateway's last log lines when it does not become ready, ends, or does not load a channel
 */
export async function checkImage(image: string, channels: readonly ChannelPlugin[]): Promise<Measured> {
  const container = `openclaw-image-check-${process.pid}`;
  const settings = Object.fromEntries(channels.map((channel) => [channel, channelSettings[channel] ?? { enabled: true }]));
  const environment = {
    OPENCLAW_GATEWAY_TOKEN: 'check',
    PLUGINS: JSON.stringify(['memory-core', ...channels]),
    CHANNELS: JSON.stringify(settings),
  };
  const variables = Object.entries(environment).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  const hardening = ['--network', 'none', '--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'];
  const temporary = ['--tmpfs', '/tmp:size=256m,mode=1777', '--tmpfs', '/home/node/.cache:size=64m,uid=1000,gid=1000,mode=700'];
  const options = ['--name', container, '--init', ...hardening, ...temporary, ...variables, '--entrypoint', 'sh'];
  try {
    await run('docker', ['run', '--detach', ...options, image, '-c', await readFile(script, 'utf8')]);
    const readySeconds = await awaitReady(container);
    await sleep(SETTLE_MS);
    const idleMiB = await memoryOf(container);
    const failed = await failedPlugins(container, channels);
    if (failed.length > 0) throw new Error(`The gateway does not load every channel: ${failed.join('; ')}`);
    const imageMB = Number(await inspect(image, '{{.Size}}')) / 1e6;
    return { readySeconds, idleMiB, imageMB };
  } catch (error) {
    const { message } = error as Error;
    const log = await run('sh', ['-c', 'docker logs --tail 30 "$0" 2>&1', container]).catch(() => '');
    throw new Error(`The check of the image failed. ${message}. The gateway's last lines:\n${log}`);
  } finally {
    await run('docker', ['rm', '--force', '--volumes', container]).catch(() => {});
  }
}
