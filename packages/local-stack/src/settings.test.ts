import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { root } from './stack.ts';

/** What an operator copies must mean the same as what is not copied. */

const read = (name: string) => readFile(path.join(root, name), 'utf8');

test('a value in .env.example is the default that docker compose has for that variable', async () => {
  const example = new Map(
    [...(await read('.env.example')).matchAll(/^([A-Z0-9_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
  );
  const defaults = [...(await read('docker-compose.yml')).matchAll(/\$\{([A-Z0-9_]+):-([^}]*)\}/g)].map(([, name = '', value = '']) => ({
    name,
    value,
  }));
  expect(defaults.length).toBeGreaterThan(50);
  // An empty value in a copied file leaves compose its own default.
  const differing = defaults.filter(({ name, value }) => (example.get(name) || value) !== value);
  expect(
    differing.map(({ name, value }) => `${name}: ${example.get(name)} in .env.example, ${value || 'empty'} in docker-compose.yml`),
  ).toEqual([]);
});

test('every variable that docker compose reads with a default is in .env.example', async () => {
  const example = await read('.env.example');
  const names = [...(await read('docker-compose.yml')).matchAll(/\$\{([A-Z0-9_]+):-/g)].map(([, name]) => name);
  expect(names.filter((name) => !new RegExp(`^${name}=`, 'm').test(example))).toEqual([]);
});

// `localhost` is [::1] alone where the resolver says so first, as on stock Debian, and a proxy to 127.0.0.1 finds nobody.
test.each(['apps/web/Dockerfile', 'packages/local-stack/src/stack.ts'])(
  'the dashboard that %s starts listens on an address',
  async (file) => {
    const [, host = ''] = /["']-H["'], ["']([^"']+)["']/.exec(await read(file)) ?? [];
    expect(isIP(host)).toBe(4);
  },
);
