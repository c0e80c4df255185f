import { access, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { run } from './command.ts';
import { env } from './env.ts';
import { type BuildFacts, type ChannelPlugin, channelPlugins, factsOf } from './versions.ts';

/** Puts the Node.js binary of the npm package `node-linux-<arch>` at the path given. */
export async function fetchNode(nodeVersion: string, path: string): Promise<void> {
  const directory = dirname(path);
  await mkdir(directory, { recursive: true });
  const name = `node-linux-${process.arch}`;
  const pack = ['pack', `${name}@${nodeVersion}`, '--silent', '--prefer-offline', '--pack-destination', directory];
  const archive = join(directory, await run('npm', pack));
  await run('tar', ['--extract', '--file', archive, '--directory', directory, '--strip-components=2', 'package/bin/node']);
  await rm(archive);
}

/** The newest release of OpenClaw on npm. */
export const latestVersion = () => run('npm', ['view', 'openclaw', 'version']);

const packageOf = (channel: ChannelPlugin): string => `@openclaw/${channel}`;

async function isPublished(name: string, version: string): Promise<boolean> {
  // npm writes a single release as a string.
  const releases: string[] = [JSON.parse(await run('npm', ['view', name, 'versions', '--json']))].flat();
  return releases.includes(version);
}

/**
 * The channels whose package npm has in the same version. Another version is no substitute: plugins import parts of OpenClaw
 * that come and go between releases.
 */
async function publishedChannels(version: string, channels: readonly ChannelPlugin[]): Promise<ChannelPlugin[]> {
  const published: ChannelPlugin[] = [];
  for (const channel of channels) {
    if (await isPublished(packageOf(channel), version)) published.push(channel);
    else console.log(`         ${packageOf(channel)} ${version} is not on npm: the image has no ${channel}`);
  }
  return published;
}

/** The channel plugins that lie in a package of OpenClaw. */
async function bundledChannels(openclaw: string): Promise<ChannelPlugin[]> {
  const isBundled = async (channel: ChannelPlugin) =>
    Promise.any(['dist/extensions', 'extensions'].map((folder) => access(join(openclaw, folder, channel, 'openclaw.plugin.json')))).then(
      () => true,
      () => false,
    );
  const found = await Promise.all(channelPlugins.map(isBundled));
  return channelPlugins.filter((_channel, index) => found[index]);
}

/**
 * Installs OpenClaw with its dependencies into a folder, under the Node.js that will run it. Channels that it does not bundle
 * are moved among its bundled plugins: their code is then trusted and found without an entry in the agent's configuration.
 * @returns the added channels
 */
export async function installOpenclaw(
  version: string,
  facts: BuildFacts,
  directory: string,
  nodeDirectory: string,
): Promise<ChannelPlugin[]> {
  await mkdir(directory, { recursive: true });
  const channels = await publishedChannels(version, facts.addedChannels);
  const packages = Object.fromEntries(channels.map((channel) => [packageOf(channel), version]));
  const manifest = { private: true, dependencies: { openclaw: version, ...packages }, overrides: facts.overrides };
  await writeFile(join(directory, 'package.json'), JSON.stringify(manifest));
  const environment = { cwd: directory, env: { PATH: `${nodeDirectory}${delimiter}${env.PATH}` } };
  const flags = ['--omit=dev', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'];
  await run('npm', ['install', ...flags], environment);
  if (facts.installScript) await run('npm', ['rebuild', 'openclaw', '--loglevel=error'], environment);

  const openclaw = join(directory, 'node_modules/openclaw');
  const [bundled, expected] = [await bundledChannels(openclaw), factsOf(version).bundledChannels];
  if (`${bundled}` !== `${expected}`) console.log(`         New: it bundles ${bundled.join(', ')}; the table says ${expected.join(', ')}`);
  for (const channel of channels) {
    const place = join(openclaw, 'dist/extensions', channel);
    // A later version may bundle the channel again.
    await rm(place, { recursive: true, force: true });
    await rename(join(directory, 'node_modules', packageOf(channel)), place);
  }
  return channels;
}
