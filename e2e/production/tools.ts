import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, symlink } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { attempt } from './command.ts';
import { unpackUnstable } from './debian.ts';

const folder = path.join(os.tmpdir(), 'agentbot-production-tools');
const plugins = path.join(folder, 'usr/libexec/docker/cli-plugins');

/** Runs `docker compose` of the machine, or that of Debian's unstable suite where there is none. @returns environment for docker's command */
export async function composeEnvironment(): Promise<NodeJS.ProcessEnv> {
  const found = await Promise.all(['compose', 'buildx'].map((plugin) => attempt('docker', [plugin, 'version'])));
  if (found.every(({ code }) => code === 0)) return {};
  await unpackUnstable(['docker-compose', 'docker-buildx', 'caddy'], folder);
  const config = await mkdtemp(path.join(os.tmpdir(), 'agentbot-docker-config-'));
  await mkdir(path.join(config, 'cli-plugins'));
  for (const name of ['docker-compose', 'docker-buildx']) await symlink(path.join(plugins, name), path.join(config, 'cli-plugins', name));
  return { DOCKER_CONFIG: config };
}

/** The path of Caddy: the machine's own, or that of Debian's unstable suite. */
export async function caddyPath(): Promise<string> {
  if (existsSync('/usr/bin/caddy')) return '/usr/bin/caddy';
  await unpackUnstable(['docker-compose', 'docker-buildx', 'caddy'], folder);
  return path.join(folder, 'usr/bin/caddy');
}
