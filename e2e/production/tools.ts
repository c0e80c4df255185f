import { existsSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { attempt } from './command.ts';
import { unpackUnstable } from './debian.ts';

const folder = path.join(os.tmpdir(), 'agentbot-production-tools');
const plugins = path.join(folder, 'usr/libexec/docker/cli-plugins');

/**
 * Finds `docker compose` with buildx: the machine's own, or those of Debian's unstable suite.
 * @param config the folder for the settings of docker's command, if it needs any
 * @returns the environment for docker's command
 */
export async function composeEnvironment(config: string): Promise<NodeJS.ProcessEnv> {
  const found = await Promise.all(['compose', 'buildx'].map((plugin) => attempt('docker', [plugin, 'version'])));
  if (found.every(({ code }) => code === 0)) return {};
  await unpackUnstable(['docker-compose', 'docker-buildx', 'caddy'], folder);
  await mkdir(path.join(config, 'cli-plugins'), { recursive: true });
  for (const name of ['docker-compose', 'docker-buildx']) await symlink(path.join(plugins, name), path.join(config, 'cli-plugins', name));
  return { DOCKER_CONFIG: config };
}

/** The path of Caddy: the machine's own, or that of Debian's unstable suite. */
export async function caddyPath(): Promise<string> {
  if (existsSync('/usr/bin/caddy')) return '/usr/bin/caddy';
  await unpackUnstable(['docker-compose', 'docker-buildx', 'caddy'], folder);
  return path.join(folder, 'usr/bin/caddy');
}
