import { expect, test } from '@jest/globals';
import {
  buildFactsOf,
  canReadStorage,
  dialectOf,
  factsOf,
  isRelease,
  knownVersions,
  nearestKnown,
  offeredVersions,
  recommendedVersion,
  storageOf,
} from './versions.ts';

// What each release accepts was tried on the release itself (`pnpm openclaw:try`); the rest stands in its npm package.

test('the known versions are sorted, oldest first', () => {
  const dates = knownVersions.map((version) =>
    version
      .split('.')
      .map((part) => part.padStart(4, '0'))
      .join('.'),
  );
  expect(dates).toEqual([...dates].sort());
  expect(new Set(dates).size).toBe(dates.length);
  expect(knownVersions).toEqual(expect.arrayContaining(['2026.3.13', '2026.5.28', '2026.8.2', '2026.9.6']));
});

test('the offered versions are releases that nothing is known against, and the recommended one is among them', () => {
  expect(offeredVersions).toContain('2026.3.13');
  expect(offeredVersions).toContain(recommendedVersion);
  for (const version of offeredVersions) expect([version, isRelease(version), factsOf(version).knownBad]).toEqual([version, true, null]);
});

test.each([
  ['2026.3.13', '2026.3.13'],
  ['2026.3.21', '2026.3.13'],
  ['2026.3.22', '2026.3.22'],
  ['2026.4.6', '2026.3.23'],
  ['2026.4.7', '2026.4.7'],
  ['2026.5.1', '2026.4.7'],
  ['2026.7.31', '2026.7.1'],
  ['2026.8.1', '2026.8.1'],
  ['2026.8.100', '2026.8.2'],
  ['2026.9.5', '2026.8.2'],
  ['2026.9.6', '2026.9.6'],
  ['2026.9.6-1', '2026.9.6'],
  ['2026.10.1', '2026.9.6'],
  ['2026.12.31', '2026.9.6'],
  ['2027.1.1', '2026.9.6'],
  ['v2026.8.2', '2026.8.2'],
  ['2026.8.1-beta.2', '2026.8.1'],
  ['2026.3.1', '2026.3.13'],
  ['2025.12.31', '2026.3.13'],
  ['latest', '2026.3.13'],
  ['', '2026.3.13'],
])('nearestKnown maps %j to %s', (version, known) => {
  expect(nearestKnown(version)).toBe(known);
  expect(factsOf(version)).toEqual({ ...factsOf(known) });
});

test.each([
  ['2026.3.13', true],
  ['v2026.3.13', true],
  ['2026.3.13-1', true],
  ['2026.11.100', true],
  ['latest', false],
  ['x2026.3.13', false],
  ['2026.3', false],
  ['226.3.13', false],
  ['2026.333.1', false],
  ['2026.3.1333', false],
  ['', false],
])('isRelease of %j is %s', (version, release) => {
  expect(isRelease(version)).toBe(release);
});

const RETIRED = { 'google/gemini-2.0-flash': 'gemini-2.5-flash' };
test.each([
  ['2026.3.13', { retry: true, channelHeartbeat: true, streaming: 'string', retired: {} }],
  ['2026.4.6', { retry: true, channelHeartbeat: true, streaming: 'string', retired: {} }],
  ['2026.4.7', { retry: true, channelHeartbeat: true, streaming: 'object', retired: {} }],
  ['2026.7.35', { retry: true, channelHeartbeat: true, streaming: 'object', retired: {} }],
  ['2026.8.1', { retry: false, channelHeartbeat: false, streaming: 'object', retired: {} }],
  ['2026.9.5', { retry: false, channelHeartbeat: false, streaming: 'object', retired: {} }],
  ['2026.9.6', { retry: false, channelHeartbeat: false, streaming: 'object', retired: RETIRED }],
  ['2027.1.1', { retry: false, channelHeartbeat: false, streaming: 'object', retired: RETIRED }],
])('dialectOf %s', (version, dialect) => {
  expect(dialectOf(version)).toEqual(dialect);
});

test.each([
  ['2026.3.21', { transpiles: true, drainSeconds: 5, storage: 'jsonl', memory: { minimumMiB: 384, idleMiB: 271 } }],
  ['2026.3.22', { transpiles: false, drainSeconds: 25, storage: 'jsonl', memory: { minimumMiB: 384, idleMiB: 271 } }],
  ['2026.7.35', { transpiles: false, drainSeconds: 25, storage: 'jsonl' }],
  ['2026.8.1', { transpiles: false, drainSeconds: 325, storage: 'sqlite' }],
  ['2026.10.1', { transpiles: false, drainSeconds: 325, storage: 'sqlite' }],
])('an unknown version has what no newer row changes: %s', (version, facts) => {
  expect(factsOf(version)).toMatchObject(facts);
});

test('a reason against a version and its notes do not apply to the next known version', () => {
  expect(factsOf('2026.3.22').knownBad).toMatch(/WhatsApp/);
  expect(factsOf('2026.3.23')).toMatchObject({ knownBad: null, notes: [] });
});

test.each(knownVersions.map((version) => [version]))('%s has Telegram, Discord and WhatsApp once each, or is known bad', (version) => {
  const { bundledChannels, addedChannels, knownBad } = factsOf(version);
  const channels = [...bundledChannels, ...addedChannels];
  expect(new Set(channels).size).toBe(channels.length);
  if (knownBad === null) expect(channels).toEqual(expect.arrayContaining(['telegram', 'discord', 'whatsapp', 'slack']));
});

test.each([
  ['2026.3.13', '22.23.3', { libsignal: '6.0.0' }, false],
  ['2026.4.29', '22.23.3', { libsignal: '6.0.0' }, false],
  ['2026.5.2', '22.23.3', {}, true],
  ['2026.6.35', '22.23.3', {}, true],
  ['2026.7.1', '24.21.0', {}, true],
  ['2026.12.31', '24.21.0', {}, true],
])('OpenClaw %s is built with Node.js %s', (version, node, overrides, installScript) => {
  expect(buildFactsOf(version)).toMatchObject({ node, overrides, installScript });
});

test.each(['2026.3.12', '2025.12.31', 'latest', ''])('buildFactsOf refuses %j', (version) => {
  expect(() => buildFactsOf(version)).toThrow(
    `OpenClaw ${version} cannot be built: the oldest version that this builder knows is 2026.3.13`,
  );
});

test('storageOf is null for a version that is not a release', () => {
  expect(['2026.7.35', '2026.8.1', 'latest', '', null].map(storageOf)).toEqual(['jsonl', 'sqlite', null, null, null]);
});

test.each([
  ['2026.3.13', '2026.3.13', true],
  ['2026.9.6', '2026.3.13', true],
  ['2026.9.6', '2026.8.1', true],
  ['2026.8.1', '2026.9.6', true],
  ['2026.3.13', '2026.8.1', false],
  ['latest', '2026.8.1', false],
  [null, '2026.8.1', false],
  ['latest', '2026.3.13', true],
  [null, 'latest', true],
  ['2026.3.13', null, true],
  ['2026.3.13', '2026.7.1', true],
])('canReadStorage of %s for data of %s returns %p', (version, writtenBy, can) => {
  expect(canReadStorage(version, writtenBy)).toBe(can);
});
