import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { attempt, run } from './command.ts';
import { archiveAddress, installPackages, sourceLine, UNSTABLE } from './debian.ts';
import { caddyPath } from './tools.ts';

/**
 * The base images that the Dockerfiles and docker-compose.yml name. Where they cannot be pulled, images of the same names are made
 * from Debian and npm packages, with what the originals promise: the users, the programs, the folders, the entrypoint.
 */

const files = path.join(import.meta.dirname, 'base-images');
const AUTHORITIES = '/etc/ssl/certs/ca-certificates.crt';
const fromRepository = createRequire(path.join(import.meta.dirname, '../../package.json'));

/** Packs a Debian tree. @param hooks run with the tree's path as `$1` before it is packed */
const packDebian = (suite: string, archive: string, packages: string[], hooks: string[], source: string) =>
  run('mmdebstrap', [
    '--quiet',
    '--variant=minbase',
    `--include=${packages.join(',')}`,
    ...hooks.map((hook) => `--customize-hook=${hook}`),
    suite,
    archive,
    source,
  ]);

/** Node's image: Debian bookworm, Node.js with npm in /usr/local, the user `node`. @see https://github.com/nodejs/docker-node */
async function importNode(name: string, work: string): Promise<void> {
  const node = path.join(path.dirname(fromRepository.resolve('node/package.json')), 'bin/node');
  const [npm = ''] = (await run('npm', ['pack', 'npm@11', '--silent', '--pack-destination', work])).split('\n');
  await run('tar', ['--extract', '--file', path.join(work, npm), '--directory', work]);
  await mkdir(path.join(work, 'bin'));
  await copyFile(node, path.join(work, 'bin/node'));
  const modules = '/usr/local/lib/node_modules';
  const hooks = [
    `mkdir -p "$1${modules}"`,
    `cp "${work}/bin/node" "$1/usr/local/bin/node"`,
    `cp -r "${work}/package" "$1${modules}/npm"`,
    ...['npm', 'npx'].map((command) => `ln -s ../lib/node_modules/npm/bin/${command}-cli.js "$1/usr/local/bin/${command}"`),
    'chroot "$1" useradd --uid 1000 --create-home --shell /bin/bash node',
    // A registry or a proxy may have a certificate of this machine's own.
    `cp ${AUTHORITIES} "$1${AUTHORITIES}"`,
  ];
  const address = await archiveAddress();
  await packDebian('bookworm', path.join(work, 'node.tar'), ['ca-certificates'], hooks, sourceLine(address, 'bookworm'));
  const registry = await run('npm', ['config', 'get', 'registry']);
  const settings = [`ENV NODE_EXTRA_CA_CERTS=${AUTHORITIES}`, `ENV npm_config_registry=${registry}`, 'CMD ["node"]'];
  await run('docker', ['import', ...settings.flatMap((line) => ['--change', line]), path.join(work, 'node.tar'), name]);
}

/** Postgres' image of Alpine: the user `postgres` has the number 70. @see https://github.com/docker-library/postgres */
async function importPostgres(name: string, work: string): Promise<void> {
  const hooks = [
    'rm -rf "$1/var/lib/postgresql"',
    'chroot "$1" usermod --uid 70 --home /var/lib/postgresql postgres',
    'chroot "$1" groupmod --gid 70 postgres',
    'chroot "$1" install --directory --owner postgres --group postgres --mode 1777 /var/lib/postgresql',
    `install --mode 755 "${files}/postgres-entrypoint.sh" "$1/usr/local/bin/docker-entrypoint.sh"`,
  ];
  const source = sourceLine(await archiveAddress(), UNSTABLE);
  await packDebian(UNSTABLE, path.join(work, 'postgres.tar'), ['postgresql-18'], hooks, source);
  const settings = [
    'ENV PATH=/usr/lib/postgresql/18/bin:/usr/local/bin:/usr/bin:/bin PGDATA=/var/lib/postgresql/18/docker LANG=C.UTF-8',
    'ENTRYPOINT ["docker-entrypoint.sh"]',
    'CMD ["postgres"]',
    'VOLUME /var/lib/postgresql',
    'EXPOSE 5432',
  ];
  const id = await run('docker', ['import', ...settings.flatMap((line) => ['--change', line]), path.join(work, 'postgres.tar')]);
  // An import takes no stop signal, and a packed tree is empty below /run.
  const socketFolder = 'RUN install --directory --owner postgres --group postgres --mode 3777 /var/run/postgresql';
  await mkdir(path.join(work, 'context'));
  await writeFile(path.join(work, 'context/Dockerfile'), `FROM ${id}\n${socketFolder}\nSTOPSIGNAL SIGINT\n`);
  await run('docker', ['build', '--quiet', '--tag', name, path.join(work, 'context')]);
}

/** Caddy's image: its data and its settings lie in /data and /config. @see https://github.com/caddyserver/caddy-docker */
async function buildCaddy(name: string, work: string): Promise<void> {
  await copyFile(await caddyPath(), path.join(work, 'caddy'));
  const lines = [
    'FROM node:24-slim',
    'COPY caddy /usr/bin/caddy',
    'ENV XDG_CONFIG_HOME=/config XDG_DATA_HOME=/data',
    'CMD ["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"]',
  ];
  await writeFile(path.join(work, 'Dockerfile'), `${lines.join('\n')}\n`);
  await run('docker', ['build', '--quiet', '--tag', name, work]);
}

const makers: Record<string, (name: string, work: string) => Promise<void>> = {
  'node:24-slim': importNode,
  'postgres:18-alpine': importPostgres,
  'caddy:2-alpine': buildCaddy,
};

const isPresent = async (name: string) => (await attempt('docker', ['image', 'inspect', name])).code === 0;

/** Pulls the base images, or makes the ones that cannot be pulled. @returns where each came from */
export async function ensureBaseImages(): Promise<Record<string, 'present' | 'pulled' | 'made'>> {
  const sources: Record<string, 'present' | 'pulled' | 'made'> = {};
  for (const [name, make] of Object.entries(makers)) {
    if (await isPresent(name)) sources[name] = 'present';
    else if ((await attempt('docker', ['pull', '--quiet', name], { timeoutMs: 60_000 })).code === 0) sources[name] = 'pulled';
    else {
      await installPackages({ '/usr/bin/mmdebstrap': 'mmdebstrap' });
      const work = await mkdtemp(path.join(os.tmpdir(), 'agentbot-base-'));
      await make(name, work).finally(() => rm(work, { recursive: true, force: true }));
      sources[name] = 'made';
    }
  }
  return sources;
}
