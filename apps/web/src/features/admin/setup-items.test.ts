import type { InstallationHealth } from '@agentbot/contracts';
import { expect, test } from '@jest/globals';
import { setupItems } from './setup-items.ts';

const setup: InstallationHealth['setup'] = {
  sharedKeys: 0,
  accountKeys: 0,
  mail: false,
  agentsDomain: 'agents.localhost',
  dashboardUrl: 'http://localhost:3000',
  local: true,
  backups: { kind: 'folder', address: '/backups' },
};
const health = (change: Partial<InstallationHealth['setup']> = {}, parts: Partial<InstallationHealth['readiness']> = {}) =>
  ({
    image: 'ghcr.io/openclaw/openclaw:2026.3.13',
    readiness: { database: 'ok', engine: 'ok', image: 'ok', queue: 'ok', firewall: 'ok', ...parts },
    setup: { ...setup, ...change },
  }) as InstallationHealth;
const states = (of: InstallationHealth) => setupItems(of).map(({ state }) => state);

test('setupItems has the six parts, and says what a fresh installation lacks', () => {
  expect(setupItems(health()).map(({ title }) => title)).toEqual([
    'Docker',
    'Image of the agents',
    'Key of a model provider',
    'Mail',
    'Domain',
    'Backup target',
  ]);
  expect(states(health())).toEqual(['done', 'done', 'optional', 'optional', 'optional', 'optional']);
});

test('setupItems marks everything as done on a complete installation', () => {
  const complete = { sharedKeys: 1, mail: true, local: false, backups: { kind: 'bucket' as const, address: 's3://kept/' } };
  expect(states(health(complete))).toEqual(['done', 'done', 'done', 'done', 'done', 'done']);
});

test('setupItems shows the sentence of a part that has a problem, and does not guess about the image without an engine', () => {
  const [docker, image] = setupItems(health({}, { engine: 'The Docker Engine does not answer' }));
  expect([docker?.state, docker?.text]).toEqual(['problem', 'The Docker Engine does not answer.']);
  expect([image?.state, image?.text]).toEqual(['problem', 'Not known while the Docker Engine does not answer.']);
  expect(setupItems(health({}, { image: 'OPENCLAW_IMAGE is missing' }))[1]).toMatchObject({
    state: 'problem',
    text: 'OPENCLAW_IMAGE is missing.',
  });
});

test('setupItems offers a test of the mail server only where one is set', () => {
  const tests = (of: InstallationHealth) => setupItems(of).flatMap(({ test: each }) => (each ? [each.part] : []));
  expect(tests(health())).toEqual(['domain', 'backups']);
  expect(tests(health({ mail: true }))).toEqual(['mail', 'domain', 'backups']);
});
