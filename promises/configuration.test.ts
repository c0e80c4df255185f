import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { configurationPage, inCompose, processes, readExamples, valuesOf } from './configuration.ts';
import { root } from './ledger.ts';

/** Compares the settings of the processes with `.env.example`, docker-compose.yml and docs/operate/configuration.md. */

const read = (name: string) => readFileSync(path.join(root, name), 'utf8');
const examples = readExamples();
const compose = parse(read('docker-compose.yml'), { merge: true }) as { services: Record<string, { environment?: object }> };
const environment = (service: string) => Object.keys(compose.services[service]?.environment ?? {});

test('.env.example has every setting of backend and web, and no other but those of docker compose and of pnpm dev', () => {
  const known = [...Object.keys(processes.backend), ...Object.keys(processes.web)].filter((name) => name !== 'NODE_ENV');
  expect(known.filter((name) => !examples.has(name))).toEqual([]);
  const others = [...examples.keys()].filter((name) => !known.includes(name) && inCompose(name) === 'not used');
  expect(others).toEqual(['DATA_DIR', 'MIGRATION_DATABASE_URL']);
});

test.each(['backend', 'web'] as const)('docker-compose.yml gives the service %s every setting that its process reads', (name) => {
  // The default stands for these: loopback, and the migration is a service of its own.
  const byDefault = ['MIGRATE_ON_START', 'BACKEND_HOST'];
  expect(Object.keys(processes[name]).filter((setting) => !environment(name).includes(setting))).toEqual(
    name === 'backend' ? byDefault : [],
  );
});

test('readExamples reads section, comment and value; settings without a comment share the one above', () => {
  expect(
    Object.fromEntries(readExamples('# Intro.\n\n# ---- One ----\n\n# First line,\n# second line.\nA=1\nB=\n# Own.\nC=x=y\n')),
  ).toEqual({
    A: { section: 'One', meaning: 'First line, second line.', value: '1' },
    B: { section: 'One', meaning: 'First line, second line.', value: '' },
    C: { section: 'One', meaning: 'Own.', value: 'x=y' },
  });
});

test.each([
  ['LOG_LEVEL', '`fatal`, `error`, `warn`, `info`, `debug`, `silent`'],
  ['SWEEP_VOLUMES', '`true`, `false`'],
  ['STATS_SWEEP_SECONDS', '1 to 60'],
  ['STREAM_LIMIT', '1 or more'],
  ['INTERNAL_API_KEY', 'at least 32 characters'],
  ['SMTP_URL', 'URL'],
  ['EAS_CHAIN_ID', 'a number'],
  ['MAIL_FROM', 'text'],
])('valuesOf says of %s: %s', (name, values) => {
  const schema = processes.backend[name];
  expect(typeof schema === 'object' && valuesOf(schema)).toBe(values);
});

test.each([
  ['ENCRYPTION_KEYS', 'required'],
  ['WEB_PORT', 'passed on'],
  ['DATA_DIR', 'not used'],
  ['BACKUP_DIR', { fixed: '/backups' }],
])('inCompose says of %s: %j', (name, use) => {
  expect(inCompose(name)).toEqual(use);
});

test('docs/operate/configuration.md is what the settings say, and has a line for each', () => {
  const page = read('docs/operate/configuration.md');
  expect(page).toBe(configurationPage());
  expect(page.match(/^\| `[A-Z]/gm)).toHaveLength(examples.size);
  // An operator's value is a cell, not a column of its own.
  for (const line of page.match(/^\|.*$/gm) ?? []) expect([line, line.replaceAll('\\|', '').split('|').length]).toEqual([line, 8]);
});
