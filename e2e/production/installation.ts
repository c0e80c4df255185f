import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { attempt, type CommandResult, run } from './command.ts';
import { composeEnvironment } from './tools.ts';

const root = path.join(import.meta.dirname, '../..');
/** The services that are built from this checkout. */
const BUILT = ['migrate', 'engine-proxy', 'firewall', 'backend', 'web'];

export type Settings = Record<string, string>;

/** What an operator writes into `.env`: the commands that `.env.example` names give the same. */
export function newSecrets(): Settings {
  const hex = () => randomBytes(24).toString('hex');
  return {
    INTERNAL_API_KEY: randomBytes(32).toString('hex'),
    NEXTAUTH_SECRET: randomBytes(32).toString('hex'),
    ASSERTION_SECRET: randomBytes(32).toString('hex'),
    ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    POSTGRES_PASSWORD: hex(),
    DATABASE_PASSWORD: hex(),
    DOCKER_GID: String(statSync('/var/run/docker.sock').gid),
  };
}

/**
 * An installation of this checkout's docker-compose.yml under a project name of its own. The file is used as it is; an override
 * only lets builds use this machine's network.
 */
export async function createInstallation(project: string, settings: Settings, checkout = root) {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'agentbot-production-'));
  const environment = {
    ...(await composeEnvironment(path.join(folder, 'docker'))),
    COMPOSE_ANSI: 'never',
    COMPOSE_PROGRESS: 'plain',
    BUILDX_NO_DEFAULT_ATTESTATIONS: '1',
  };
  const envFile = path.join(folder, 'env');
  const override = path.join(folder, 'override.json');
  const services = Object.fromEntries(BUILT.map((name) => [name, { build: { network: 'host' } }]));
  await writeFile(override, JSON.stringify({ services }));
  const current = { ...settings };

  const writeSettings = () =>
    writeFile(
      envFile,
      Object.entries(current)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(''),
      { mode: 0o600 },
    );
  await writeSettings();
  const args = (rest: string[]) => [
    ...['compose', '--project-name', project, '--project-directory', checkout, '--env-file', envFile],
    ...['--file', path.join(checkout, 'docker-compose.yml'), '--file', override],
    ...rest,
  ];
  const options = { env: environment, cwd: checkout, timeoutMs: 20 * 60_000 };

  return {
    settings: current,
    folder,
    /** Runs `docker compose`. @throws Error with the end of its output when it fails */
    compose: (...rest: string[]): Promise<string> => run('docker', args(rest), options),
    /** Runs `docker compose`, whatever its exit code. */
    tryCompose: (...rest: string[]): Promise<CommandResult> => attempt('docker', args(rest), options),
    /** Changes settings in `.env`; an empty value removes one. */
    async change(changes: Settings) {
      for (const [name, value] of Object.entries(changes)) {
        if (value) current[name] = value;
        else delete current[name];
      }
      await writeSettings();
    },
    /** Removes the services with their volumes, and all that the engine has of the installation's agents. */
    async destroy() {
      await attempt('docker', args(['--profile', '*', 'down', '--volumes', '--remove-orphans', '--timeout', '10']), options);
      await removeAgents(current.INSTALLATION ?? 'default');
    },
    forget: () => rm(folder, { recursive: true, force: true }),
  };
}

export type Installation = Awaited<ReturnType<typeof createInstallation>>;

/** Removes all containers, volumes and networks of an installation's agents. */
export async function removeAgents(installation: string): Promise<void> {
  const label = `label=agentbot.installation=${installation}`;
  const list = async (...command: string[]) =>
    (await run('docker', [...command, '--quiet', '--filter', label])).split('\n').filter(Boolean);
  const containers = await list('ps', '--all');
  if (containers.length) await run('docker', ['rm', '--force', ...containers]);
  const volumes = await list('volume', 'ls');
  if (volumes.length) await run('docker', ['volume', 'rm', ...volumes]);
  const networks = await list('network', 'ls');
  if (networks.length) await run('docker', ['network', 'rm', ...networks]);
}
