import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import path from 'node:path';
import { expect, test } from '@jest/globals';

/** `.env.example`, which operators copy, against docker-compose.yml, which reads the copy. */

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

/** Each `${NAME}`, `${NAME:-default}` or `${NAME:?error}` of the compose file; `$$` is no variable of its own. */
const composed = [...read('docker-compose.yml').matchAll(/(?<!\$)\$\{([A-Z][A-Z0-9_]*)(?::-([^}]*))?[^}]*\}/g)].map(
  ([, name = '', byDefault]) => ({ name, byDefault }),
);

test('docker-compose.yml reads variables, and .env.example names every one of them', () => {
  expect(composed.length).toBeGreaterThan(50);
  expect(composed.flatMap(({ name }) => (examples.has(name) ? [] : name))).toEqual([]);
});

/** What docker-compose.yml decides by itself: addresses between its services, ports, folders in its containers. */
const decided = [
  'WEB_PORT',
  'BACKEND_PORT',
  'GATEWAY_PORT',
  'BACKEND_HOST',
  'BACKEND_URL',
  'TRUST_PROXY',
  'DATABASE_URL',
  'MIGRATE_ON_START',
  'MIGRATION_DATABASE_URL',
  'DASHBOARD_URL',
  'CONTAINER_HOST',
  'DOCKER_HOST',
  'HOST_FIREWALL',
  'BACKUP_DIR',
  'AGENT_EXTRA_CA_FILE',
];

test('docker-compose.yml passes on every setting of .env.example that it does not decide by itself', () => {
  const passed = composed.map(({ name }) => name);
  expect([...examples.keys()].filter((name) => !passed.includes(name))).toEqual(decided);
});

test('a copy of .env.example changes no default of docker-compose.yml', () => {
  const differing = composed.flatMap(({ name, byDefault = '' }) => {
    const { value = '', comment: about = '' } = examples.get(name) ?? {};
    // An empty variable gets the compose file's default, which then stands in the comment unless it is empty as well.
    const isSaid = value === '' && (byDefault === '' || about.includes(byDefault));
    return value === byDefault || isSaid ? [] : [{ name, example: value, compose: byDefault }];
  });
  expect(differing).toEqual([]);
});

// `localhost` is [::1] alone where the resolver says so first, as on stock Debian, and a proxy to 127.0.0.1 reaches nobody.
test.each(['apps/web/Dockerfile', 'packages/local-stack/src/stack.ts'])('the dashboard that %s starts listens on an address', (file) => {
  const [, host = ''] = /["']-H["'], ["']([^"']+)["']/.exec(read(file)) ?? [];
  expect(isIP(host)).toBe(4);
});
