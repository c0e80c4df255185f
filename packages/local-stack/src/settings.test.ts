import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { backendSettings, backupFolder, webSettings } from './settings.ts';

/** Compares `.env.example`, which operators copy to `.env`, with docker-compose.yml, which reads `.env`. */

const read = (name: string) => readFileSync(path.join(import.meta.dirname, '../../..', name), 'utf8');

/** Each variable of `.env.example` with its value and the comment above it. */
const examples = new Map<string, { value: string; comment: string }>();
let comment = '';
let named = false;
for (const line of read('.env.example').split('\n')) {
  const [, name, value = ''] = /^([A-Z][A-Z0-9_]*)=(.*)$/.exec(line) ?? [];
  if (name) examples.set(name, { value, comment });
  else comment = line.startsWith('#') && !named ? `${comment} ${line}` : line;
  named = name !== undefined;
}

/** Each `${NAME}`, `${NAME:-default}` or `${NAME:?error}` of the compose file. `$$` is an escaped dollar sign. */
const composed = [...read('docker-compose.yml').matchAll(/(?<!\$)\$\{([A-Z][A-Z0-9_]*)(?::-([^}]*))?[^}]*\}/g)].map(
  ([, name = '', byDefault]) => ({ name, byDefault }),
);

test('.env.example names every variable of docker-compose.yml', () => {
  expect(composed.length).toBeGreaterThan(50);
  expect(composed.flatMap(({ name }) => (examples.has(name) ? [] : name))).toEqual([]);
});

/** What docker-compose.yml decides itself: addresses between its services, folders in containers, who migrates and filters. */
const fixed = [
  'BACKEND_HOST',
  'SHARE_PORTS',
  'HEALTH_SOCKET',
  'BACKEND_URL',
  'DATA_DIR',
  'DATABASE_URL',
  'MIGRATE_ON_START',
  'MIGRATION_DATABASE_URL',
  'DASHBOARD_URL',
  'SWARM_CERTIFICATES',
  'DOCKER_HOST',
  'HOST_FIREWALL',
  'BACKUP_DIR',
];

test('docker-compose.yml reads every setting of .env.example except those it fixes', () => {
  const passed = composed.map(({ name }) => name);
  expect([...examples.keys()].filter((name) => !passed.includes(name))).toEqual(fixed);
});

test('a copy of .env.example changes no default of docker-compose.yml', () => {
  const differing = composed.flatMap(({ name, byDefault = '' }) => {
    const { value = '', comment: about = '' } = examples.get(name) ?? {};
    // An empty variable gets the compose file's default. The comment must name that default, unless it is empty too.
    const isDocumented = value === '' && (byDefault === '' || about.includes(byDefault));
    return value === byDefault || isDocumented ? [] : [{ name, example: value, compose: byDefault }];
  });
  expect(differing).toEqual([]);
});

/** Settings that `pnpm dev` reads itself or decides, and settings of production only. */
const ownOfDev = [
  'WEB_PORT',
  'BACKEND_PORT',
  'GATEWAY_PORT',
  'MODEL_GATEWAY_PORT',
  'POSTGRES_PORT',
  'HTTP_PORT',
  'HTTPS_PORT',
  'TLS_ISSUER',
  'NEXTAUTH_URL',
  'BACKEND_URL',
  'DATA_DIR',
  'DATABASE_URL',
  'MIGRATE_ON_START',
  'MIGRATION_DATABASE_URL',
  'INTERNAL_API_KEY',
  'NEXTAUTH_SECRET',
  'ASSERTION_SECRET',
  'ENCRYPTION_KEYS',
  'POSTGRES_PASSWORD',
  'DATABASE_PASSWORD',
  'DOCKER_GID',
  'AGENTBOT_VERSION',
  'AGENTBOT_REVISION',
  'POSTGRES_MEMORY',
  'BACKEND_MEMORY',
  'WEB_MEMORY',
  'DASHBOARD_URL',
  'SWARM_BACKENDS',
  'SWARM_FIREWALL_IMAGE',
  'OPENCLAW_IMAGE',
  'BACKUP_DIR',
  'INSTALLATION_BACKUP_DIR',
  'INSTALLATION_BACKUP_KEEP',
  'INSTALLATION_BACKUP_HOURS',
];

test('`pnpm dev` passes every setting of .env.example to backend or dashboard, except those it decides', () => {
  const passed = [...backendSettings, ...webSettings];
  expect([...examples.keys()].filter((name) => !passed.includes(name))).toEqual(ownOfDev);
  expect(passed.filter((name) => !examples.has(name) && name !== 'NODE_EXTRA_CA_CERTS')).toEqual([]);
});

test('`pnpm dev` with a copy of .env.example keeps backups in .data/backups of the checkout, as without it', () => {
  const [root, dataDir] = ['/checkout', '/checkout/.data'];
  expect(backupFolder({ BACKUP_DIR: examples.get('BACKUP_DIR')?.value }, { root, dataDir })).toBe('/checkout/.data/backups');
  expect(backupFolder({}, { root, dataDir })).toBe('/checkout/.data/backups');
  expect(backupFolder({ BACKUP_DIR: '/mnt/backups' }, { root, dataDir })).toBe('/mnt/backups');
});

// On stock Debian `localhost` may resolve to [::1] only, and a proxy to 127.0.0.1 then cannot connect.
test.each(['apps/web/Dockerfile', 'packages/local-stack/src/stack.ts'])('%s starts the dashboard on an IPv4 address', (file) => {
  const [, host = ''] = /(?:["']-H["'], ["']|^ENV HOSTNAME=)([\d.]+)/m.exec(read(file)) ?? [];
  expect(isIP(host)).toBe(4);
});
