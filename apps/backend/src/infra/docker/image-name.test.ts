import { expect, test } from '@jest/globals';
import { versionInName } from './image-name.ts';

// Names of images: https://pkg.go.dev/github.com/distribution/reference
test.each([
  ['ghcr.io/openclaw/openclaw:2026.3.13', '2026.3.13'],
  [`ghcr.io/openclaw/openclaw:2026.3.13@sha256:${'a'.repeat(64)}`, '2026.3.13'],
  ['localhost:5000/openclaw:latest', 'latest'],
  ['openclaw', undefined],
  ['Not an image:1', undefined],
  ['localhost:5000/openclaw', undefined],
  // A digest is no version.
  [`openclaw@sha256:${'a'.repeat(64)}`, undefined],
])('versionInName of %s is %s', (image, version) => {
  expect(versionInName(image)).toBe(version);
});
