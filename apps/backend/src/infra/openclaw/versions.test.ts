import { expect, test } from '@jest/globals';
import { canReadStorage, dialectOf, isRelease, knownVersions, nearestKnown, storageOf } from './versions.ts';

// What each release accepts was tried on the release itself: ARCHITECTURE.md, "Any OpenClaw", and `pnpm openclaw:try`.

test('the known versions are sorted, oldest first', () => {
  expect(knownVersions).toEqual(['2026.3.13', '2026.3.22', '2026.4.7', '2026.8.1', '2026.9.6']);
});

test.each([
  ['2026.3.13', '2026.3.13'],
  ['2026.3.21', '2026.3.13'],
  ['2026.3.22', '2026.3.22'],
  ['2026.4.6', '2026.3.22'],
  ['2026.4.7', '2026.4.7'],
  ['2026.5.28', '2026.4.7'],
  ['2026.7.31', '2026.4.7'],
  ['2026.8.1', '2026.8.1'],
  ['2026.8.100', '2026.8.1'],
  ['2026.9.5', '2026.8.1'],
  ['2026.9.6', '2026.9.6'],
  ['2026.10.1', '2026.9.6'],
  ['2026.12.31', '2026.9.6'],
  ['2027.1.1', '2026.9.6'],
  ['v2026.8.2', '2026.8.1'],
  ['2026.8.1-beta.2', '2026.8.1'],
  ['2026.3.1', '2026.3.13'],
  ['2025.12.31', '2026.3.13'],
  ['latest', '2026.3.13'],
  ['', '2026.3.13'],
])('the version %s is built like %s', (version, known) => {
  expect(nearestKnown(version)).toBe(known);
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

test.each([
  ['2026.3.13', { retry: true, channelHeartbeat: true, storage: 'jsonl', transpiles: true, retired: {} }, 'partial'],
  ['2026.3.22', { retry: true, channelHeartbeat: true, storage: 'jsonl', transpiles: false, retired: {} }, 'partial'],
  ['2026.4.7', { retry: true, channelHeartbeat: true, storage: 'jsonl', transpiles: false, retired: {} }, { mode: 'partial' }],
  ['2026.8.1', { retry: false, channelHeartbeat: false, storage: 'sqlite', transpiles: false, retired: {} }, { mode: 'partial' }],
  [
    '2026.9.6',
    {
      retry: false,
      channelHeartbeat: false,
      storage: 'sqlite',
      transpiles: false,
      retired: { 'google/gemini-2.0-flash': 'gemini-2.5-flash' },
    },
    { mode: 'partial' },
  ],
])('%s has its dialect', (version, dialect, streaming) => {
  expect(dialectOf(version)).toEqual({ ...dialect, streaming: expect.any(Function) });
  expect(dialectOf(version).streaming('partial')).toEqual(streaming);
});

test('storageOf is null for a version that is not a release', () => {
  expect(['2026.7.1', '2026.8.1', 'latest', null].map(storageOf)).toEqual(['jsonl', 'sqlite', null, null]);
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
])('%s can read the sessions of %s: %s', (version, writtenBy, can) => {
  expect(canReadStorage(version, writtenBy)).toBe(can);
});
